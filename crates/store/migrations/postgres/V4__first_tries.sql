-- First tries are found without looking at the retries of a tenant whose receiver fails, of which there
-- may be many.
CREATE INDEX outbox_first ON outbox (kind, tenant, due_at, id) WHERE dead_at IS NULL AND failed_tries = 0;

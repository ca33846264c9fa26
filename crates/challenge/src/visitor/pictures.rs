//! What a challenge shows beside its words: images and sound, fetched by the challenge's id.

use crate::directory::Site;
use crate::lifecycle::{Phase, State};
use crate::methods::images::padded;
use crate::verifier::Verifier;
use crate::visitor::{Drawn, Images, Language, Refused, Task, Ticket};

/// Images and sounds that one address can fetch in a minute.
pub const PICTURES_PER_MINUTE: u32 = 1_200;

impl Verifier {
    /// An image of a challenge, by its number from 1.
    ///
    /// [`Refused::NotFound`] where it has no such image, [`Refused::Expired`] where the challenge cannot be
    /// answered any more, be it that it was: what serves nobody is not shown.
    pub async fn picture(
        &self,
        (ticket, site): (&Ticket, &Site),
        number: usize,
        address: &str,
    ) -> Result<Drawn, Refused> {
        let place = number.checked_sub(1).ok_or(Refused::NotFound)?;
        match &ticket.task {
            Task::Text(code) if place == 0 => {
                self.take_picture((ticket, site), address).await?;
                self.mint.text_image(code, address).await
            }
            Task::Classification(images) | Task::Transcription(images) => {
                let ordinal = images.pick.images.get(place).copied();
                let ordinal = ordinal.ok_or(Refused::NotFound)?;
                self.take_picture((ticket, site), address).await?;
                self.image((images, site), ordinal).await
            }
            Task::ProofOfWork(_) | Task::Text(_) => Err(Refused::NotFound),
        }
    }

    /// An image of a corpus, as long as all others of the challenge.
    async fn image(
        &self,
        (images, site): (&Images, &Site),
        ordinal: u32,
    ) -> Result<Drawn, Refused> {
        let key = images.key(site.tenant);
        let bytes = self.store.image_bytes(key, ordinal).await?;
        let bytes = bytes.ok_or(Refused::Expired)?;
        let bytes = padded(&bytes, images.length).ok_or_else(|| {
            let edition = images.edition;
            Refused::Unavailable(format!("edition {edition}: image {ordinal} is damaged"))
        })?;
        Ok(Drawn {
            media_type: "image/jpeg",
            bytes,
        })
    }

    /// The code of a challenge as it is read out in a language.
    pub async fn speech(
        &self,
        (ticket, site): (&Ticket, &Site),
        language: Language,
        address: &str,
    ) -> Result<Drawn, Refused> {
        let Task::Text(code) = &ticket.task else {
            return Err(Refused::NotFound);
        };
        self.take_picture((ticket, site), address).await?;
        self.mint.spoken(code, language, address).await
    }

    /// Makes sure that the challenge is open, and counts the fetch.
    async fn take_picture(
        &self,
        (ticket, site): (&Ticket, &Site),
        address: &str,
    ) -> Result<(), Refused> {
        let now = self.clock.now();
        let taken = self.visitors.take_picture(address, now);
        taken.map_err(|retry_s| Refused::SlowDown { retry_s })?;
        if now >= ticket.answer_by || ticket.is_from_the_future(now) {
            return Err(Refused::Expired);
        }
        let read = self.store.visit(site.tenant, ticket.id).await?;
        let open = read
            .is_none_or(|visit| matches!(visit.value.phase_at(now), Phase::Is(State::Open { .. })));
        if open { Ok(()) } else { Err(Refused::Expired) }
    }
}

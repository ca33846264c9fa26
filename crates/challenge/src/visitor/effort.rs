//! How dear a site's proofs of work are: cheap in peace, dearer with every failure, dear in memory under
//! attack, and cheap again when it is over. Pure.

use crate::methods::proof_of_work::Effort;

/// Iterations of one derivation of PBKDF2.
pub const BASE_COST: u32 = 5_000;

/// The highest counter where the site says nothing else.
pub const BASE_COUNTER_MAX: u32 = 5_000;

/// Failures a minute below which nothing gets dearer: people leave pages, too.
pub const FAILURES_FREE: u32 = 20;

/// Failures a minute from which on a site counts as attacked.
const FAILURES_ATTACK: u32 = 200;

/// Memory of one derivation of Argon2id in KiB.
const ATTACK_MEMORY_KIB: u32 = 16 * 1024;

/// How many counters of PBKDF2 one counter of Argon2id stands for; at 5,000 that makes 100.
const COUNTERS_IN_ONE: u32 = 50;

/// The least and most that the highest counter of Argon2id can be: a phone takes 0.2 s for each.
const ATTACK_COUNTERS: (u32, u32) = (5, 150);

/// The effort for a site with this highest counter in peace, at so many failures a minute.
///
/// From [`FAILURES_FREE`] on the counter rises evenly, up to twice as high; from ten times as many on
/// it is Argon2id, whose counter rises by half again up to twenty times as many.
pub fn effort_for(counter_max: u32, failures_per_minute: u32) -> Effort {
    let base = u64::from(counter_max.max(1));
    let risen = |from: u32, whole: u64, over: u32| {
        let excess = u64::from(failures_per_minute.saturating_sub(from).min(over));
        base + whole * excess / u64::from(over)
    };
    if failures_per_minute < FAILURES_ATTACK {
        let counter = risen(FAILURES_FREE, base, FAILURES_ATTACK - FAILURES_FREE);
        return Effort::Pbkdf2 {
            cost: BASE_COST,
            counter_max: u32::try_from(counter).unwrap_or(u32::MAX),
        };
    }
    let counter = risen(FAILURES_ATTACK, base / 2, FAILURES_ATTACK) / u64::from(COUNTERS_IN_ONE);
    let (least, most) = ATTACK_COUNTERS;
    Effort::Argon2id {
        passes: 1,
        memory_kib: ATTACK_MEMORY_KIB,
        counter_max: u32::try_from(counter).unwrap_or(most).clamp(least, most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pbkdf2(counter_max: u32) -> Effort {
        Effort::Pbkdf2 {
            cost: BASE_COST,
            counter_max,
        }
    }

    fn argon2id(counter_max: u32) -> Effort {
        Effort::Argon2id {
            passes: 1,
            memory_kib: ATTACK_MEMORY_KIB,
            counter_max,
        }
    }

    #[test]
    fn below_twenty_failures_a_minute_nothing_gets_dearer() {
        for failures in 0..=FAILURES_FREE {
            assert_eq!(effort_for(BASE_COUNTER_MAX, failures), pbkdf2(5_000));
        }
    }

    #[test]
    fn work_rises_with_failures_and_turns_to_memory_under_attack() {
        let at = |failures| effort_for(BASE_COUNTER_MAX, failures);
        assert_eq!(at(110), pbkdf2(7_500));
        assert_eq!(at(199), pbkdf2(9_972));
        assert_eq!(at(200), argon2id(100));
        assert_eq!(at(300), argon2id(125));
        assert_eq!(at(400), argon2id(150));
        assert_eq!(at(u32::MAX), argon2id(150));
    }

    #[test]
    fn work_never_falls_while_failures_rise() {
        let mut last = 0;
        for failures in 0..FAILURES_ATTACK {
            let counter = effort_for(800, failures).counter_max();
            assert!(counter >= last);
            last = counter;
        }
        assert_eq!(effort_for(1, 1000), argon2id(5));
        assert_eq!(effort_for(u32::MAX, 199).counter_max(), u32::MAX);
    }
}

//! Changes of bytes.

use fastrand::Rng;

/// Changes bytes; a stretch may come from another input.
pub(super) fn change(random: &mut Rng, mut input: Vec<u8>, other: &[u8]) -> Vec<u8> {
    const ODD: &[u8] = &[0, 1, 9, 10, 13, 0x7f, 0x80, 0xc3, 0xe2, 0xf0, 0xfe, 0xff];
    let place = random.usize(0..=input.len());
    match random.u8(0..6) {
        0 => {
            if let Some(byte) = input.get_mut(place) {
                *byte ^= 1 << random.u8(0..8);
            }
        }
        1 => input.insert(place, super::pick(random, ODD).copied().unwrap_or_default()),
        2 => input.insert(place, random.u8(..)),
        3 => input.truncate(place),
        4 => {
            let end = input.len().min(place + random.usize(0..64));
            input.drain(place..end);
        }
        _ => {
            let start = random.usize(0..=other.len());
            let stretch = other.iter().skip(start).take(random.usize(0..256)).copied();
            input.splice(place..place, stretch.collect::<Vec<u8>>());
        }
    }
    input
}

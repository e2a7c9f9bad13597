//! Messages as bytes: a length of four bytes, then MessagePack.

use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io::{self, Read, Write};

const LENGTH: usize = 4;

/// The other side does not keep to the protocol, or is gone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FrameError {
    /// A message over its bound.
    #[error("a message of {0} bytes")]
    TooLarge(usize),
    /// Bytes that are no message.
    #[error("a message that cannot be read: {0}")]
    Malformed(#[from] rmp_serde::decode::Error),
    /// A message that cannot be written.
    #[error("a message that cannot be written: {0}")]
    Unwritable(#[from] rmp_serde::encode::Error),
    /// A message without the file descriptor that belongs to it.
    #[error("a message without its file descriptor")]
    NoDescriptor,
    /// The channel is closed, or broken.
    #[error("the channel: {0}")]
    Channel(#[from] io::Error),
}

/// Appends `message` to `out`.
pub(crate) fn write(message: &impl Serialize, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let start = out.len();
    out.extend_from_slice(&[0; LENGTH]);
    let mut serializer = rmp_serde::Serializer::new(&mut *out).with_struct_map();
    if let Err(error) = message.serialize(&mut serializer) {
        out.truncate(start);
        return Err(error.into());
    }
    let size = out.len() - start - LENGTH;
    let Ok(length) = u32::try_from(size) else {
        out.truncate(start);
        return Err(FrameError::TooLarge(size));
    };
    if let Some(place) = out.get_mut(start..start + LENGTH) {
        place.copy_from_slice(&length.to_le_bytes());
    }
    Ok(())
}

/// The first message of `bytes` and how many bytes it took; `None` if it is not there in full.
pub(crate) fn read<T: DeserializeOwned>(
    bytes: &[u8],
    most: usize,
) -> Result<Option<(T, usize)>, FrameError> {
    let Some((length, rest)) = bytes.split_first_chunk::<LENGTH>() else {
        return Ok(None);
    };
    let length = bounded(*length, most)?;
    let Some(frame) = rest.get(..length) else {
        return Ok(None);
    };
    Ok(Some((rmp_serde::from_slice(frame)?, LENGTH + length)))
}

/// Sends one message on a channel that blocks.
pub(crate) fn send(channel: &mut impl Write, message: &impl Serialize) -> Result<(), FrameError> {
    let mut bytes = Vec::new();
    write(message, &mut bytes)?;
    Ok(channel.write_all(&bytes)?)
}

/// Receives one message from a channel that blocks.
pub(crate) fn receive<T: DeserializeOwned>(
    channel: &mut impl Read,
    most: usize,
) -> Result<T, FrameError> {
    let mut length = [0; LENGTH];
    channel.read_exact(&mut length)?;
    let length = bounded(length, most)?;
    let mut frame = Vec::new();
    // Grows as bytes come: a length is only a claim.
    channel.take(length as u64).read_to_end(&mut frame)?;
    if frame.len() < length {
        return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
    }
    Ok(rmp_serde::from_slice(&frame)?)
}

fn bounded(length: [u8; LENGTH], most: usize) -> Result<usize, FrameError> {
    let length = usize::try_from(u32::from_le_bytes(length)).unwrap_or(usize::MAX);
    if length > most {
        return Err(FrameError::TooLarge(length));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::ToHost;
    use stepwell_event::{GuestEvent, Stream};

    fn event(bytes: &[u8]) -> ToHost {
        ToHost::Event(GuestEvent::Output {
            stream: Stream::Stdout,
            bytes: bytes.to_vec(),
        })
    }

    #[test]
    fn messages_in_a_row_are_read_one_after_the_other() {
        let mut bytes = Vec::new();
        write(&event(b"one"), &mut bytes).unwrap();
        let first = bytes.len();
        write(&event(b"two"), &mut bytes).unwrap();
        for cut in 0..first {
            assert!(read::<ToHost>(&bytes[..cut], 1000).unwrap().is_none());
        }
        let (message, taken) = read::<ToHost>(&bytes, 1000).unwrap().unwrap();
        assert_eq!(taken, first);
        assert!(matches!(message, ToHost::Event(GuestEvent::Output { bytes, .. }) if bytes == b"one"));
        let again: ToHost = receive(&mut &bytes[first..], 1000).unwrap();
        assert!(matches!(again, ToHost::Event(GuestEvent::Output { bytes, .. }) if bytes == b"two"));
    }

    #[test]
    fn a_message_over_the_bound_is_refused_before_it_is_there() {
        let claim = 1001_u32.to_le_bytes();
        assert!(matches!(
            read::<ToHost>(&claim, 1000),
            Err(FrameError::TooLarge(1001))
        ));
        assert!(matches!(
            receive::<ToHost>(&mut claim.as_slice(), 1000),
            Err(FrameError::TooLarge(1001))
        ));
    }

    #[test]
    fn bytes_that_are_no_message_are_an_error() {
        for bytes in [&[0xc1][..], &[0xff; 9], b"{}", &[0x81, 0xa3, b'F', b'o', b'o', 0xc0]] {
            let mut frame = u32::try_from(bytes.len()).unwrap().to_le_bytes().to_vec();
            frame.extend_from_slice(bytes);
            assert!(matches!(
                read::<ToHost>(&frame, 1000),
                Err(FrameError::Malformed(_))
            ));
        }
    }
}

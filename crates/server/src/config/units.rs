//! How spans of time, sizes and addresses are written in configuration.

/// Spans of time: `90s`, `30m`, `1h 30m`, `30d`.
pub(crate) mod span {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    const UNITS: [(&str, u64); 5] =
        [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

    /// Reads a span.
    pub(crate) fn parse(text: &str) -> Result<Duration, String> {
        let fault = || {
            format!(
                "{text:?} is not a span of time; write a number and a unit (ms, s, m, h or d), such as \"30m\" or \"1h 30m\""
            )
        };
        let mut millis = 0u64;
        let mut rest = text.trim();
        if rest.is_empty() {
            return Err(fault());
        }
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, tail) = rest.split_at(digits);
            let letters = tail.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, tail) = tail.split_at(letters);
            let number: u64 = number.parse().map_err(|_| fault())?;
            let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(fault)?;
            millis = number
                .checked_mul(*factor)
                .and_then(|part| millis.checked_add(part))
                .ok_or_else(fault)?;
            rest = tail.trim_start();
        }
        Ok(Duration::from_millis(millis))
    }

    /// Writes a span in the largest unit that divides it.
    pub(crate) fn write(span: Duration) -> String {
        let millis = u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        let whole = UNITS.iter().find(|(_, factor)| millis > 0 && millis.is_multiple_of(*factor));
        whole.map_or_else(|| "0s".to_owned(), |(name, factor)| format!("{}{name}", millis / factor))
    }

    pub(crate) fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&write(*span))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
        parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// Sizes: `512B`, `16KiB`, `2MiB`.
pub(crate) mod size {
    use serde::{Deserialize as _, Deserializer, Serializer};

    const UNITS: [(&str, usize); 4] =
        [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

    /// Reads a size.
    pub(crate) fn parse(text: &str) -> Result<usize, String> {
        let fault = || {
            format!(
                "{text:?} is not a size; write a number and a unit (B, KiB, MiB or GiB), such as \"16KiB\""
            )
        };
        let trimmed = text.trim();
        let digits = trimmed.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = trimmed.split_at(digits);
        let number: usize = number.parse().map_err(|_| fault())?;
        let unit = unit.trim_start();
        let (_, factor) =
            UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(fault)?;
        number.checked_mul(*factor).ok_or_else(fault)
    }

    pub(crate) fn serialize<S: Serializer>(size: &usize, to: S) -> Result<S::Ok, S::Error> {
        let whole = UNITS.iter().find(|(_, factor)| *size > 0 && size.is_multiple_of(*factor));
        let (unit, factor) = whole.copied().unwrap_or(("B", 1));
        to.collect_str(&format_args!("{}{unit}", size / factor))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
        parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// An address to listen on.
pub(crate) mod bind {
    use std::net::SocketAddr;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn parse(text: &str) -> Result<SocketAddr, String> {
        text.parse().map_err(|_| {
            format!("{text:?} is not an address to listen on; write IP:PORT, such as \"127.0.0.1:8080\" or \"[::]:8080\"")
        })
    }

    pub(crate) fn serialize<S: Serializer>(bind: &SocketAddr, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(bind)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
        parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

/// An address to listen on, or `off`.
pub(crate) mod bind_or_off {
    use std::net::SocketAddr;

    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        bind: &Option<SocketAddr>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match bind {
            Some(bind) => to.collect_str(bind),
            None => to.serialize_str("off"),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<SocketAddr>, D::Error> {
        let text = String::deserialize(from)?;
        if text == "off" {
            return Ok(None);
        }
        super::bind::parse(&text)
            .map(Some)
            .map_err(|fault| serde::de::Error::custom(format!("{fault}, or \"off\"")))
    }
}

/// Address ranges.
pub(crate) mod ranges {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::http::caller::AddressRange;

    pub(crate) fn serialize<S: Serializer>(
        ranges: &[AddressRange],
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.collect_seq(ranges.iter().map(ToString::to_string))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<AddressRange>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts
            .iter()
            .map(|text| text.parse())
            .collect::<Result<_, _>>()
            .map_err(serde::de::Error::custom)
    }
}

/// The issuer identifier.
pub(crate) mod issuer {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::issuer::Issuer;

    pub(crate) fn serialize<S: Serializer>(issuer: &Issuer, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(issuer.as_str())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Issuer, D::Error> {
        Issuer::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{size, span};

    #[test]
    fn spans_are_read_and_written() {
        for (text, seconds) in
            [("90s", 90), ("30m", 1800), ("1h", 3600), ("1h 30m", 5400), ("30d", 2_592_000)]
        {
            assert_eq!(span::parse(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        assert_eq!(span::write(Duration::from_secs(5400)), "90m");
        assert_eq!(span::write(Duration::ZERO), "0s");
        for bad in
            ["", "5", "m", "5 parsecs", "-5s", "1.5h", "99999999999999999999d", "9999999999999d"]
        {
            assert!(span::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_read() {
        for (text, bytes) in
            [("512B", 512), ("16KiB", 16_384), ("2 MiB", 2_097_152), ("1gib", 1 << 30)]
        {
            assert_eq!(size::parse(text), Ok(bytes), "{text}");
        }
        for bad in ["", "16", "16KB", "-1B", "99999999999999999999B"] {
            assert!(size::parse(bad).is_err(), "{bad}");
        }
    }
}

/// A mailbox: an address, with a name before it if wanted (RFC 5322 §3.4).
pub(crate) mod mailbox {
    use lettre::message::Mailbox;
    use serde::{Deserialize as _, Deserializer, Serializer};

    fn parse(text: &str) -> Result<Mailbox, String> {
        let plain = !text.chars().any(char::is_control);
        text.parse().ok().filter(|_| plain).ok_or_else(|| {
            format!("{text:?} is not a mailbox; write \"no-reply@clinic.example\" or \"Lakeside Clinic <no-reply@clinic.example>\"")
        })
    }

    pub(crate) fn serialize<S: Serializer>(
        mailbox: &Option<Mailbox>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match mailbox {
            Some(mailbox) => to.collect_str(mailbox),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Mailbox>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| parse(&text)).transpose().map_err(serde::de::Error::custom)
    }
}

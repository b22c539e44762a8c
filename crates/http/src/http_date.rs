//! Dates as HTTP writes them.
//!
//! In: any of the three forms of RFC 9110 5.6.7, or a time. Out: seconds, or the one form that is sent.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: i64 = 24 * 60 * 60;
const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The first and the last second a date of four-digit years can name.
const FIRST: i64 = -62_167_219_200;
const LAST: i64 = 253_402_300_799;

/// A date of HTTP: whole seconds, UTC, years 0 to 9999.
///
/// ```
/// use covet_http::HttpDate;
///
/// let now = HttpDate::from_unix(784_111_777);
/// assert_eq!(now.to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
/// for form in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
///     assert_eq!(HttpDate::parse(form.as_bytes(), now), Some(now));
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HttpDate(i64);

impl HttpDate {
    /// Seconds since 1970. What lies outside of the years 0 to 9999 becomes the nearest date inside.
    #[must_use]
    pub fn from_unix(seconds: i64) -> Self {
        Self(seconds.clamp(FIRST, LAST))
    }

    /// Seconds since 1970.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// Reads a date in one of the three forms; `None` for anything else, which a recipient ignores.
    ///
    /// `now` decides the century of a two-digit year: one that would lie more than 50 years ahead is past. The name of
    /// the weekday must be one, but need not be the date's own: what is compared is the date.
    #[must_use]
    pub fn parse(text: &[u8], now: Self) -> Option<Self> {
        let text = str::from_utf8(text).ok()?;
        imf_fixdate(text).or_else(|| asctime(text)).or_else(|| rfc850(text, now))
    }
}

impl From<SystemTime> for HttpDate {
    /// The second that `time` lies in.
    fn from(time: SystemTime) -> Self {
        let seconds = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(LAST),
            Err(before) => {
                let before = before.duration();
                let whole = i64::try_from(before.as_secs()).unwrap_or(LAST);
                -whole - i64::from(before > Duration::from_secs(before.as_secs()))
            }
        };
        Self::from_unix(seconds)
    }
}

impl fmt::Display for HttpDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, second) = (self.0.div_euclid(DAY), self.0.rem_euclid(DAY));
        let (year, month, day) = civil(days);
        // 1970 began on a Thursday.
        let weekday = WEEKDAYS[usize::try_from((days + 4).rem_euclid(7)).unwrap_or(0)];
        write!(
            f,
            "{}, {day:02} {} {year:04} {:02}:{:02}:{:02} GMT",
            &weekday[..3],
            MONTHS[month - 1],
            second / 3600,
            second / 60 % 60,
            second % 60
        )
    }
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`: the form that is sent.
fn imf_fixdate(text: &str) -> Option<HttpDate> {
    let (weekday, rest) = text.split_once(", ")?;
    short_weekday(weekday)?;
    let [day, month, year, time, "GMT"] = fields(rest)? else { return None };
    date(digits(year, 4)?, month_of(month)?, digits(day, 2)?, time)
}

/// `Sunday, 06-Nov-94 08:49:37 GMT`: obsolete, still to be read.
fn rfc850(text: &str, now: HttpDate) -> Option<HttpDate> {
    let (weekday, rest) = text.split_once(", ")?;
    WEEKDAYS.contains(&weekday).then_some(())?;
    let (day_of_year, time) = rest.strip_suffix(" GMT")?.split_once(' ')?;
    let mut parts = day_of_year.split('-');
    let (day, month, year) = (digits(parts.next()?, 2)?, month_of(parts.next()?)?, digits(parts.next()?, 2)?);
    if parts.next().is_some() {
        return None;
    }
    let this_year = civil(now.0.div_euclid(DAY)).0;
    let mut full = this_year - this_year.rem_euclid(100) + year;
    if full > this_year + 50 {
        full -= 100;
    }
    date(full, month, day, time)
}

/// `Sun Nov  6 08:49:37 1994`: what C's `asctime` writes, obsolete as well.
fn asctime(text: &str) -> Option<HttpDate> {
    let (weekday, rest) = text.split_once(' ')?;
    short_weekday(weekday)?;
    let (month, rest) = rest.split_once(' ')?;
    let (day, rest) = rest.split_at_checked(2)?;
    let day = match day.strip_prefix(' ') {
        Some(day) => digits(day, 1)?,
        None => digits(day, 2)?,
    };
    let (time, year) = rest.strip_prefix(' ')?.split_once(' ')?;
    date(digits(year, 4)?, month_of(month)?, day, time)
}

/// The five fields of a fixed date, a single space between two.
fn fields(text: &str) -> Option<[&str; 5]> {
    let mut parts = text.split(' ');
    let fields = [parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(fields)
}

fn short_weekday(name: &str) -> Option<()> {
    WEEKDAYS.iter().any(|weekday| weekday[..3] == *name).then_some(())
}

/// 1 for January. Names are case-sensitive (RFC 9110 5.6.7).
fn month_of(name: &str) -> Option<usize> {
    MONTHS.iter().position(|month| *month == name).map(|index| index + 1)
}

/// A number of exactly so many digits.
fn digits(text: &str, count: usize) -> Option<i64> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

fn date(year: i64, month: usize, day: i64, time: &str) -> Option<HttpDate> {
    let mut parts = time.split(':');
    let (hour, minute, second) = (digits(parts.next()?, 2)?, digits(parts.next()?, 2)?, digits(parts.next()?, 2)?);
    // Second 60 is a leap second (RFC 9110 5.6.7); on this scale it is the one after.
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 60 || day < 1 || day > month_length(year, month) {
        return None;
    }
    let days = days_before_year(year) + days_before_month(year, month) + day - 1;
    Some(HttpDate::from_unix(days * DAY + hour * 3600 + minute * 60 + second))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn month_length(year: i64, month: usize) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970 to the first of January.
fn days_before_year(year: i64) -> i64 {
    let before = year - 1;
    // 719,162 days lie between the first of January of year 1 and that of 1970.
    before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162
}

fn days_before_month(year: i64, month: usize) -> i64 {
    (1..month).map(|earlier| month_length(year, earlier)).sum()
}

/// Year, month and day of a day counted from 1970.
fn civil(days: i64) -> (i64, usize, i64) {
    // A year has 365.2425 days on average: the guess is right or one off.
    let mut year = 1970 + days * 10_000 / 3_652_425;
    while days_before_year(year) > days {
        year -= 1;
    }
    while days_before_year(year + 1) <= days {
        year += 1;
    }
    let mut day = days - days_before_year(year);
    let mut month = 1;
    while day >= month_length(year, month) {
        day -= month_length(year, month);
        month += 1;
    }
    (year, month, day + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The 6th of November 2026.
    const NOW: HttpDate = HttpDate(1_793_923_200);

    #[test]
    fn dates_in_all_forms() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
            ("Sun Nov  6 08:49:37 1994", 784_111_777),
            ("Sun Nov 16 08:49:37 1994", 784_975_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
            ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
            ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
            ("Fri, 31 Dec 9999 23:59:59 GMT", LAST),
            ("Sat, 01 Jan 0000 00:00:00 GMT", FIRST),
            // A weekday that is not the date's.
            ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            // 2076 lies 50 years ahead, 2077 more.
            ("Friday, 06-Nov-76 00:00:00 GMT", 3_371_846_400),
            ("Sunday, 06-Nov-77 00:00:00 GMT", 247_622_400),
            ("Friday, 06-Nov-26 00:00:00 GMT", 1_793_923_200),
        ] {
            assert_eq!(HttpDate::parse(text.as_bytes(), NOW).map(HttpDate::unix), Some(seconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "0",
            "784111777",
            "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 gmt",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "sun, 06 Nov 1994 08:49:37 GMT",
            "Xyz, 06 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 31 Nov 1994 08:49:37 GMT",
            "Sun, 30 Feb 2024 08:49:37 GMT",
            "Sun, 29 Feb 2023 08:49:37 GMT",
            "Sun, 29 Feb 1900 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994  08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT ",
            " Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sunday, 06-Nov-94-01 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov  6 08:49:37 94",
            "Sun Nov 06 08:49:37 1994 GMT",
            "Sun, 06 Nov 1994 08:49:3\u{0663} GMT",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(HttpDate::parse(text.as_bytes(), NOW), None, "{text}");
        }
        assert_eq!(HttpDate::parse(b"Sun, 06 Nov 1994 08:49:37 G\xffT", NOW), None);
    }

    #[test]
    fn every_day_survives_a_round_trip() {
        let mut day = FIRST;
        while day <= LAST {
            let date = HttpDate(day);
            assert_eq!(HttpDate::parse(date.to_string().as_bytes(), NOW), Some(date));
            day += DAY * 29 + 7_919;
        }
    }

    #[test]
    fn times_become_the_second_they_lie_in() {
        let at = |millis: u64| UNIX_EPOCH + Duration::from_millis(millis);
        assert_eq!(HttpDate::from(at(1_999)).unix(), 1);
        assert_eq!(HttpDate::from(UNIX_EPOCH - Duration::from_millis(1)).unix(), -1);
        assert_eq!(HttpDate::from(UNIX_EPOCH - Duration::from_secs(1)).unix(), -1);
        assert_eq!(HttpDate::from_unix(i64::MAX).to_string(), "Fri, 31 Dec 9999 23:59:59 GMT");
        assert_eq!(HttpDate::from_unix(i64::MIN).to_string(), "Sat, 01 Jan 0000 00:00:00 GMT");
    }
}

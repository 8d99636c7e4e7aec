//! Reading bodies within limits: size, time, and memory for all of them together; unpacking them; and the memory for the alerts
//! that are read from them.

use std::{io::Read, sync::Arc, time::Duration};

use axum::{
    BoxError,
    body::HttpBody,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use bytes::{Bytes, BytesMut};
use flate2::bufread::MultiGzDecoder;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::sync::{OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::{
    reply,
    share::{Part, Share},
};
use crate::alert::{Rejected, text::quote};

/// A body must be whole within this time.
const BODY_SECONDS_MAX: u64 = 20;
/// All bodies under way together, and the alerts that were read from them, in KiB: more than one body may hold of either.
const IN_FLIGHT_KIB_MAX: u32 = 96 * 1024;
/// What an alert takes, once it is read, until it is on disk: the smallest some two to seven KiB.
const ALERT_BYTES: usize = 4 * 1024;
/// Bodies of many alerts that are read at once: until they are counted, each may take a hundred mebibytes.
const LARGE_READINGS_MAX: usize = 2;
/// Room for the beginning of a body that does not say how long it is, or how long unpacked; it gets more as it grows.
const UNANNOUNCED_BYTES: usize = 60 * 1024;

#[derive(Debug, Clone)]
pub struct Bodies {
    memory: Arc<Semaphore>,
    large_readings: Arc<Semaphore>,
    bytes_max: usize,
}

/// A body, and its share of the memory for bodies until it is dropped.
#[derive(Debug)]
pub struct Held {
    pub bytes: Bytes,
    room: Room,
}

/// What a body may fill, or its alerts: of the memory for all of them, and of what its source may hold. It is free again when this is
/// dropped.
#[derive(Debug)]
pub struct Room {
    memory: OwnedSemaphorePermit,
    parts: Vec<Part>,
    bytes: usize,
}

/// The turn of a body of many alerts to be read, until it is dropped.
#[derive(Debug)]
pub struct LargeReading {
    _own: OwnedMutexGuard<()>,
    _all: OwnedSemaphorePermit,
}

impl Room {
    fn kib(&self) -> usize {
        self.memory.num_permits()
    }

    fn widen(&mut self, more: Room) {
        self.memory.merge(more.memory);
        self.parts.extend(more.parts);
        self.bytes += more.bytes;
    }
}

/// That a delivery is refused for its size, in sentences; it stands in the extensions of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLarge {
    pub why: String,
    pub instead: String,
}

impl TooLarge {
    pub fn response(self) -> Response {
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        let mut response = reply::error(status, "limit", self.why.clone(), self.instead.clone());
        response.extensions_mut().insert(self);
        response
    }
}

/// Why a body was not read to its end.
enum Fault {
    TooLarge,
    BrokeOff,
    Crowded(Box<Response>),
}

impl Fault {
    fn of(error: BoxError) -> Fault {
        if error.is::<LengthLimitError>() { Fault::TooLarge } else { Fault::BrokeOff }
    }
}

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Packing {
    Plain,
    Gzip,
    Unknown,
}

fn packing(headers: &HeaderMap) -> Packing {
    let mut named = headers.get_all(header::CONTENT_ENCODING).iter();
    let Some(name) = named.next() else { return Packing::Plain };
    let name = name.to_str().unwrap_or("?").trim().to_ascii_lowercase();
    match (name.as_str(), named.next()) {
        ("" | "identity", None) => Packing::Plain,
        ("gzip" | "x-gzip", None) => Packing::Gzip,
        _ => Packing::Unknown,
    }
}

/// Why a body is not there as it was before it was packed.
#[derive(Debug)]
pub enum NotUnpacked {
    /// It is packed in a way that is not read here, or otherwise than its header says.
    Unreadable(Rejected),
    /// It is too large, or there is no room: the answer.
    Refused(Box<Response>),
}

impl Bodies {
    pub fn new(bytes_max: usize) -> Self {
        Self {
            memory: Arc::new(Semaphore::new(IN_FLIGHT_KIB_MAX as usize)),
            large_readings: Arc::new(Semaphore::new(LARGE_READINGS_MAX)),
            bytes_max,
        }
    }

    /// Reads a body whole, or answers why not.
    pub async fn read<B>(&self, headers: &HeaderMap, body: B) -> Result<Held, Response>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        self.read_of(None, headers, body).await
    }

    /// The same for one source of several: it may hold no more of the memory than it leaves free.
    pub async fn read_of<B>(
        &self,
        source: Option<&Arc<Share>>,
        headers: &HeaderMap,
        body: B,
    ) -> Result<Held, Response>
    where
        B: HttpBody<Data = Bytes>,
        B::Error: Into<BoxError>,
    {
        let length = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok())
            .and_then(|v| v.parse::<u64>().ok());
        if let Some(length) = length
            && length > self.bytes_max as u64
        {
            return Err(self.too_large(&format!("{length} bytes")).response());
        }
        let first =
            length.map_or(UNANNOUNCED_BYTES, |length| usize::try_from(length).unwrap_or(self.bytes_max));
        let mut room = self.room(source, first, 0).map_err(|crowded| *crowded)?;
        let limited = Limited::new(body, self.bytes_max);
        let reading = async {
            let mut limited = std::pin::pin!(limited);
            // Pieces that are put together at the end would be there twice.
            let mut whole = BytesMut::with_capacity(length.map_or(0, |_| first));
            while let Some(frame) = limited.frame().await {
                let Ok(data) = frame.map_err(Fault::of)?.into_data() else { continue };
                if whole.len() + data.len() > room.bytes {
                    // As much again, so that it is asked for a few times and not for every piece.
                    let more = room.bytes.min(self.bytes_max.saturating_sub(room.bytes)).max(data.len());
                    let wider = self.room(source, more, room.kib()).map_err(Fault::Crowded)?;
                    room.widen(wider);
                }
                whole.extend_from_slice(&data);
            }
            Ok::<Bytes, Fault>(whole.freeze())
        };
        match tokio::time::timeout(Duration::from_secs(BODY_SECONDS_MAX), reading).await {
            Ok(Ok(bytes)) => Ok(Held { bytes, room }),
            Ok(Err(Fault::TooLarge)) => Err(self.too_large("more bytes than it may").response()),
            Ok(Err(Fault::Crowded(crowded))) => Err(*crowded),
            Ok(Err(Fault::BrokeOff)) => Err(reply::error(
                StatusCode::BAD_REQUEST,
                "invalid",
                "The body broke off.",
                "Nothing was taken; send it again.",
            )),
            Err(_) => Err(too_slow(source.is_some())),
        }
    }

    /// A body as it was before its sender packed it (`Content-Encoding: gzip`, RFC 9110, section 8.4); none, if it came plain.
    /// Unpacked it may be as large as one that came plain, and takes as much room, as it grows.
    ///
    /// # Errors
    /// [`NotUnpacked`].
    pub fn unpacked(
        &self,
        source: Option<&Arc<Share>>,
        headers: &HeaderMap,
        held: &Held,
    ) -> Result<Option<Held>, NotUnpacked> {
        Ok(self.unpack(source, headers, held, usize::MAX)?.flatten())
    }

    /// The same for one that is small; none, if it is larger than so many bytes, which costs little more to find out than those.
    pub fn unpacked_at_once(
        &self,
        source: Option<&Arc<Share>>,
        headers: &HeaderMap,
        held: &Held,
        most: usize,
    ) -> Option<Result<Option<Held>, NotUnpacked>> {
        if held.bytes.len() > most { None } else { self.unpack(source, headers, held, most).transpose() }
    }

    /// None, if unpacked it is larger than `most`; none in that, if it came plain.
    fn unpack(
        &self,
        source: Option<&Arc<Share>>,
        headers: &HeaderMap,
        held: &Held,
        most: usize,
    ) -> Result<Option<Option<Held>>, NotUnpacked> {
        match packing(headers) {
            Packing::Plain => return Ok(Some(None)),
            Packing::Gzip => {}
            Packing::Unknown => {
                let named = headers.get_all(header::CONTENT_ENCODING).iter();
                let named: Vec<_> = named.map(|name| String::from_utf8_lossy(name.as_bytes())).collect();
                let how = quote(&named.join(", "));
                return Err(NotUnpacked::Unreadable(Rejected::PackedOtherwise { how }));
            }
        }
        let mut unpacking = MultiGzDecoder::new(&held.bytes[..]);
        let packed_kib = held.room.kib();
        let mut room = self.room(source, UNANNOUNCED_BYTES, packed_kib).map_err(NotUnpacked::Refused)?;
        let mut plain = Vec::new();
        loop {
            let left = (room.bytes - plain.len()) as u64;
            let read = unpacking.by_ref().take(left).read_to_end(&mut plain);
            read.map_err(|error| NotUnpacked::Unreadable(Rejected::NotGzip { why: error.to_string() }))?;
            if plain.len() > most {
                return Ok(None);
            }
            if plain.len() > self.bytes_max {
                let too_large = self.too_large("more bytes than it may, unpacked");
                return Err(NotUnpacked::Refused(Box::new(too_large.response())));
            }
            if plain.len() < room.bytes {
                return Ok(Some(Some(Held { bytes: plain.into(), room })));
            }
            // As much again, and one byte more than may be: whoever has that is too large.
            let more = room.bytes.min(self.bytes_max.saturating_sub(room.bytes)).saturating_add(1);
            let wider = self.room(source, more, packed_kib + room.kib()).map_err(NotUnpacked::Refused)?;
            room.widen(wider);
        }
    }

    /// Waits until one more body of many alerts of this source may be read; it may until what is returned is dropped. None, if nothing
    /// is read any more. A source that has one waits for that one alone: before what a quiet source brings there is no more than one
    /// of each other.
    pub async fn large_reading(&self, source: &Share) -> Option<LargeReading> {
        let own = source.large_reading().await;
        let all = self.large_readings.clone().acquire_owned().await.ok()?;
        Some(LargeReading { _own: own, _all: all })
    }

    /// Holds a body that did not come by HTTP: a letter.
    ///
    /// # Errors
    /// The answer: there is no room for it at this moment.
    pub fn hold(&self, source: &Arc<Share>, bytes: Bytes) -> Result<Held, Box<Response>> {
        let room = self.room(Some(source), bytes.len(), 0)?;
        Ok(Held { bytes, room })
    }

    /// The room for the alerts that were read from a body, in the place of the body's own, which is done with.
    ///
    /// # Errors
    /// The answer: there is no room for them at this moment.
    pub fn for_alerts(
        &self,
        source: Option<&Arc<Share>>,
        held: Held,
        alerts: usize,
    ) -> Result<Room, Box<Response>> {
        let bytes = alerts.saturating_mul(ALERT_BYTES);
        if bytes <= held.room.bytes {
            return Ok(held.room);
        }
        // Given back first: what a source holds already counts against what it may have besides.
        drop(held);
        self.room(source, bytes, 0)
    }

    fn too_large(&self, bytes: &str) -> TooLarge {
        TooLarge {
            why: format!("The body has {bytes}; the limit is {} bytes.", self.bytes_max),
            instead: "Send it in smaller parts (from Alertmanager: `max_alerts` of the webhook), or raise \
                      `http.body_bytes_max`."
                .to_owned(),
        }
    }

    /// Room for so many bytes more. `own_kib` is what the same body holds already: what comes piece by piece is weighed as if it had
    /// come at once, or a large one would never be let in.
    fn room(&self, source: Option<&Arc<Share>>, bytes: usize, own_kib: usize) -> Result<Room, Box<Response>> {
        let kib = u32::try_from(bytes / 1024 + 1).unwrap_or(IN_FLIGHT_KIB_MAX).min(IN_FLIGHT_KIB_MAX);
        if own_kib + kib as usize > IN_FLIGHT_KIB_MAX as usize {
            // To send it again would be in vain, however long its sender waits.
            let more = "more bytes, packed and unpacked together, than there is ever room for";
            return Err(Box::new(self.too_large(more).response()));
        }
        let crowded = |why: &str| {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Box::new(reply::error(status, "unavailable", why, "Send it again in a few seconds."))
        };
        let free = self.memory.available_permits() + own_kib;
        let part = source.map(|source| source.part(kib as usize, free));
        let Ok(part) = part.map(|part| part.ok_or(())).transpose() else {
            return Err(crowded("This source has as much under way as there is room left for others."));
        };
        let Ok(memory) = self.memory.clone().try_acquire_many_owned(kib) else {
            return Err(crowded("Too many bodies are being read at once."));
        };
        Ok(Room { memory, parts: part.into_iter().collect(), bytes })
    }
}

/// The answer to a body that did not come whole in time. Of what monitoring sends nothing is to be lost on a slow line, and
/// Alertmanager sends again after 5xx only.
fn too_slow(is_of_monitoring: bool) -> Response {
    let (status, code) = if is_of_monitoring {
        (StatusCode::SERVICE_UNAVAILABLE, "unavailable")
    } else {
        (StatusCode::REQUEST_TIMEOUT, "limit")
    };
    let why = format!("The body was not whole within {BODY_SECONDS_MAX} seconds.");
    reply::error(status, code, why, "Nothing was taken; send it again.")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use axum::{body::Body, http::HeaderValue};
    use flate2::{Compression, write::GzEncoder};
    use futures_util::stream;

    use super::*;
    use crate::alert::intake::ALERTS_MAX;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packing = GzEncoder::new(Vec::new(), Compression::default());
        packing.write_all(bytes).unwrap();
        packing.finish().unwrap()
    }

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    /// A body that does not say how long it is.
    fn pieces(count: usize, bytes: usize) -> Body {
        let piece = Bytes::from(vec![b'x'; bytes]);
        Body::from_stream(stream::iter((0..count).map(move |_| Ok::<_, std::io::Error>(piece.clone()))))
    }

    /// A body that came packed in this way, as it was before.
    async fn unpack(
        bodies: &Bodies,
        source: Option<&Arc<Share>>,
        how: &str,
        bytes: Vec<u8>,
    ) -> Result<Held, NotUnpacked> {
        let headers = with(header::CONTENT_ENCODING, how);
        let held = bodies.read_of(source, &headers, Body::from(bytes)).await;
        let held = held.map_err(|response| NotUnpacked::Refused(Box::new(response)))?;
        Ok(bodies.unpacked(source, &headers, &held)?.unwrap_or(held))
    }

    /// The answer to a body that is refused.
    fn answer(unpacked: Result<Held, NotUnpacked>) -> Response {
        match unpacked {
            Err(NotUnpacked::Refused(response)) => *response,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn a_packed_body_is_read_as_it_was_and_a_bomb_is_refused_and_another_packing_told() {
        let bodies = Bodies::new(100_000);
        let two = [gzip(b"disk "), gzip(b"full")].concat();
        assert_eq!(unpack(&bodies, None, "GZIP", two.clone()).await.unwrap().bytes, "disk full");
        assert_eq!(unpack(&bodies, None, "identity", b"plain".to_vec()).await.unwrap().bytes, "plain");
        let first = UNANNOUNCED_BYTES;
        for bytes in [0, 1, first - 1, first, first + 1, 99_999, 100_000] {
            let packed = gzip(&vec![b'x'; bytes]);
            assert_eq!(unpack(&bodies, None, "gzip", packed).await.unwrap().bytes.len(), bytes);
        }
        for bytes in [100_001, 1_000_000] {
            let bomb = gzip(&vec![0; bytes]);
            assert!(bomb.len() < 100_000);
            let refused = answer(unpack(&bodies, None, "gzip", bomb).await);
            assert_eq!(refused.status(), 413);
            let told = refused.extensions().get::<TooLarge>().unwrap();
            assert!(told.why.contains("the limit is 100000 bytes"));
        }
        let torn = two[..two.len() - 3].to_vec();
        for not_gzip in [torn, b"plain".to_vec()] {
            let told = unpack(&bodies, None, "gzip", not_gzip).await;
            assert!(matches!(told, Err(NotUnpacked::Unreadable(Rejected::NotGzip { .. }))), "{told:?}");
        }
        for other in ["br", "gzip, gzip", "zstd"] {
            let told = unpack(&bodies, None, other, two.clone()).await;
            let Err(NotUnpacked::Unreadable(Rejected::PackedOtherwise { how })) = told else {
                panic!("{told:?}")
            };
            assert_eq!(how, format!("“{other}”"));
        }
    }

    #[tokio::test]
    async fn a_packed_body_that_is_small_is_read_at_once_and_a_larger_one_costs_little_to_find_out() {
        let bodies = Bodies::new(8 * 1024 * 1024);
        let all = bodies.memory.available_permits();
        let at_once = async |how: &str, bytes: Vec<u8>| {
            let headers = with(header::CONTENT_ENCODING, how);
            let held = bodies.read(&headers, Body::from(bytes)).await.unwrap();
            let unpacked = bodies.unpacked_at_once(None, &headers, &held, 100_000);
            unpacked.map(|unpacked| unpacked.map(|plain| plain.unwrap_or(held).bytes.len()))
        };
        for (bytes, small) in [(9, true), (100_000, true), (100_001, false), (8_000_000, false)] {
            let packed = gzip(&vec![b'x'; bytes]);
            assert!(packed.len() < 100_000);
            assert_eq!(
                at_once("gzip", packed).await.is_some_and(|read| read.unwrap() == bytes),
                small,
                "{bytes}"
            );
            let plain = at_once("identity", vec![b'x'; bytes]).await;
            assert_eq!(plain.is_some_and(|read| read.unwrap() == bytes), small, "{bytes}");
        }
        for how in ["gzip", "br"] {
            let told = at_once(how, b"plain".to_vec()).await;
            assert!(matches!(told, Some(Err(NotUnpacked::Unreadable(_)))), "{told:?}");
        }
        assert_eq!(bodies.memory.available_permits(), all);
    }

    #[tokio::test]
    async fn a_source_of_many_large_bodies_has_one_read_at_a_time_and_another_is_not_kept_waiting() {
        let bodies = Bodies::new(8 * 1024 * 1024);
        let (loud, quiet) = (Share::default(), Share::default());
        let soon = async |source: &Share| {
            let turn = bodies.large_reading(source);
            tokio::time::timeout(Duration::from_millis(20), turn).await.ok().flatten()
        };
        let first = soon(&loud).await;
        assert!(first.is_some() && soon(&loud).await.is_none());
        assert!(soon(&quiet).await.is_some());
        drop(first);
        assert!(soon(&loud).await.is_some());
    }

    #[tokio::test]
    async fn a_packed_body_takes_room_for_what_it_is_unpacked_and_many_small_ones_go_beside_each_other() {
        let bodies = Bodies::new(8 * 1024 * 1024);
        let (share, all) = (Arc::new(Share::default()), bodies.memory.available_permits());
        let mut small = Vec::new();
        for _ in 0..100 {
            small.push(unpack(&bodies, Some(&share), "gzip", gzip(b"disk full")).await.unwrap());
        }
        drop(small);
        assert_eq!(bodies.memory.available_permits(), all);
        let packed = gzip(&vec![b'x'; 8_000_000]);
        let large = unpack(&bodies, Some(&share), "gzip", packed).await.unwrap();
        let taken = all - bodies.memory.available_permits();
        assert!((7_813..24_000).contains(&taken), "{taken}");
        drop(large);
        let bomb = gzip(&vec![b'x'; 9_000_000]);
        assert_eq!(answer(unpack(&bodies, Some(&share), "gzip", bomb).await).status(), 413);
        assert_eq!(bodies.memory.available_permits(), all);
    }

    #[tokio::test]
    async fn a_body_of_unknown_length_takes_room_as_it_grows_and_gives_it_back() {
        let bodies = Bodies::new(8 * 1024 * 1024);
        let (share, all) = (Arc::new(Share::default()), bodies.memory.available_permits());
        let small = bodies.read_of(Some(&share), &HeaderMap::new(), pieces(3, 1_000)).await.unwrap();
        assert_eq!((small.bytes.len(), all - bodies.memory.available_permits()), (3_000, 61));
        let large = bodies.read_of(Some(&share), &HeaderMap::new(), pieces(80, 100_000)).await.unwrap();
        assert_eq!(large.bytes.len(), 8_000_000);
        let taken = all - bodies.memory.available_permits();
        assert!((7_813..24_000).contains(&taken), "{taken}");
        drop((small, large));
        assert_eq!(bodies.memory.available_permits(), all);
        let refused = bodies.read_of(Some(&share), &HeaderMap::new(), pieces(90, 100_000)).await.unwrap_err();
        assert_eq!(refused.status(), 413);
        assert!(refused.extensions().get::<TooLarge>().is_some());
        assert_eq!(bodies.memory.available_permits(), all);
    }

    #[tokio::test]
    async fn a_large_body_finds_the_same_room_whether_it_comes_at_once_in_pieces_or_packed() {
        const MIB: usize = 1024 * 1024;
        let bodies = Bodies::new(18 * MIB);
        let all = bodies.memory.available_permits();
        let (others, share) = (Arc::new(Share::default()), Arc::new(Share::default()));
        let elsewhere = bodies.room(Some(&others), 64 * MIB, 0).unwrap();
        drop(bodies.room(Some(&share), 18 * MIB, 0).unwrap());
        let in_pieces = bodies.read_of(Some(&share), &HeaderMap::new(), pieces(18, MIB)).await.unwrap();
        assert_eq!(in_pieces.bytes.len(), 18 * MIB);
        drop(in_pieces);
        let packed = gzip(&vec![b'x'; 18 * MIB]);
        let unpacked = unpack(&bodies, Some(&share), "gzip", packed).await.unwrap();
        assert_eq!(unpacked.bytes.len(), 18 * MIB);
        drop((elsewhere, unpacked));
        assert_eq!(bodies.memory.available_permits(), all);
    }

    #[tokio::test]
    async fn what_could_never_find_room_is_refused_for_its_size_and_not_asked_for_again() {
        let bodies = Bodies::new(64 * 1024 * 1024);
        let refused = bodies.room(None, 40 * 1024 * 1024, 60 * 1024).unwrap_err();
        assert_eq!(refused.status(), 413);
        let told = &refused.extensions().get::<TooLarge>().unwrap().why;
        assert!(told.starts_with("The body has more bytes, packed and unpacked together"), "{told}");
    }

    #[test]
    fn a_body_that_does_not_come_whole_in_time_is_to_be_sent_to_a_hook_again() {
        let of_hook = too_slow(true);
        assert_eq!((of_hook.status().as_u16(), of_hook.headers().contains_key("retry-after")), (503, true));
        assert_eq!(too_slow(false).status(), 408);
    }

    #[tokio::test]
    async fn what_is_read_from_a_small_body_is_counted_and_what_does_not_fit_beside_it_is_to_come_again() {
        let bodies = Bodies::new(8 * 1024 * 1024);
        let (loud, quiet, all) =
            (Arc::new(Share::default()), Arc::new(Share::default()), bodies.memory.available_permits());
        let (none, mut small) = (HeaderMap::new(), Vec::new());
        for source in [&loud, &loud, &quiet] {
            small.push(bodies.read_of(Some(source), &none, pieces(1, 10)).await.unwrap());
        }
        let mut alerts_of =
            |source: &Arc<Share>, count: usize| bodies.for_alerts(Some(source), small.remove(0), count);
        let most = alerts_of(&loud, ALERTS_MAX).unwrap();
        assert!(all - bodies.memory.available_permits() >= ALERTS_MAX * 4);
        let crowded = alerts_of(&loud, 1_000).unwrap_err();
        assert_eq!((crowded.status().as_u16(), crowded.headers().contains_key("retry-after")), (503, true));
        let others = alerts_of(&quiet, 1_000).unwrap();
        drop((most, others));
        assert_eq!(bodies.memory.available_permits(), all);
        // The largest body that the settings allow, full of alerts.
        let bodies = Bodies::new(64 * 1024 * 1024);
        let large = bodies.room(Some(&loud), 64 * 1024 * 1024, 0).unwrap();
        let held = Held { bytes: Bytes::new(), room: large };
        assert!(bodies.for_alerts(Some(&loud), held, ALERTS_MAX).is_ok());
        assert_eq!(bodies.memory.available_permits(), all);
    }

    #[test]
    fn letters_share_the_memory_of_all_deliveries_and_a_flood_of_them_leaves_room_for_others() {
        let bodies = Bodies::new(8 * 1024 * 1024);
        let (loud, quiet) = (Arc::new(Share::default()), Arc::new(Share::default()));
        let all = bodies.memory.available_permits();
        let letter = || Bytes::from(vec![b'x'; 1024 * 1024]);
        let mut held = Vec::new();
        let crowded = loop {
            match bodies.hold(&loud, letter()) {
                Ok(one) => held.push(one),
                Err(crowded) => break crowded,
            }
        };
        assert_eq!(crowded.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!((30..=IN_FLIGHT_KIB_MAX as usize / 1024).contains(&held.len()), "{}", held.len());
        let other = bodies.hold(&quiet, letter()).unwrap();
        let room = bodies.for_alerts(Some(&quiet), other, 1_000).unwrap();
        assert!(all - bodies.memory.available_permits() >= held.len() * 1024 + 1_000 * ALERT_BYTES / 1024);
        drop((held, room));
        assert_eq!(bodies.memory.available_permits(), all);
    }

    #[tokio::test]
    async fn a_group_of_a_few_thousand_alerts_fits_and_what_does_not_is_told_with_its_size() {
        let bodies = Bodies::new(8 * 1024 * 1024);
        let headers = with(header::CONTENT_LENGTH, "9000000");
        let refused = bodies.read(&headers, Body::empty()).await.unwrap_err();
        let told = refused.extensions().get::<TooLarge>().unwrap();
        assert_eq!(told.why, "The body has 9000000 bytes; the limit is 8388608 bytes.");
        assert!(told.instead.contains("`max_alerts`") && told.instead.contains("`http.body_bytes_max`"));
    }
}

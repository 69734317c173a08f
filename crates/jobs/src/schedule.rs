//! Schedules: jobs that are put into the queue at the times of a cron expression, in a time zone.
//!
//! Expressions have five fields, or six with seconds in front. Where a clock change skips a time the job runs right after
//! the gap; where it repeats one, an expression with a fixed time runs once (see the crate `croner`).

use std::{fmt, str::FromStr as _, sync::Arc, time::Duration};

use croner::Cron;
use database::Platform;
use jiff::tz::TimeZone;
use kernel::Timestamp;

use crate::{
    Job, JobsError, NewJob,
    store::schedules::{self, ScheduleView},
    workers::Inner,
};

/// A tick that comes later than this was missed.
const PUNCTUAL: Duration = Duration::from_secs(60);
/// Missed ticks that are made up for at a time.
const MOST: usize = 100;

/// What becomes of ticks that passed while no process ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CatchUp {
    /// One job for all of them.
    Once,
    /// Nothing: the next tick will do.
    Skip,
    /// A job for each, up to a hundred.
    Each,
}

/// When a job is put into the queue.
#[derive(Clone)]
pub struct Schedule {
    pub(crate) name: &'static str,
    kind: &'static str,
    cron: &'static str,
    zone: String,
    catch_up: CatchUp,
    make: Arc<dyn Fn(Timestamp) -> NewJob + Send + Sync>,
}

impl fmt::Debug for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Schedule({}: {} {})", self.name, self.cron, self.zone)
    }
}

impl Schedule {
    /// In UTC, with one job for missed ticks. `job` is told the time of the tick.
    pub fn new<J: Job>(
        name: &'static str,
        cron: &'static str,
        job: impl Fn(Timestamp) -> J + Send + Sync + 'static,
    ) -> Self {
        let make = Arc::new(move |tick| NewJob::of(&job(tick)));
        Self { name, kind: J::KIND, cron, zone: "UTC".to_owned(), catch_up: CatchUp::Once, make }
    }

    /// By the clocks of an IANA time zone.
    #[must_use]
    pub fn in_zone(mut self, zone: impl Into<String>) -> Self {
        self.zone = zone.into();
        self
    }

    #[must_use]
    pub const fn catch_up(mut self, catch_up: CatchUp) -> Self {
        self.catch_up = catch_up;
        self
    }

    /// The first tick after `time`.
    pub(crate) fn next(&self, time: Timestamp) -> Result<Timestamp, JobsError> {
        let bad = |reason: String| JobsError::Schedule { name: self.name, reason };
        let zone = TimeZone::get(&self.zone).map_err(|error| bad(error.to_string()))?;
        let cron = Cron::from_str(self.cron).map_err(|error| bad(error.to_string()))?;
        let from = jiff::Timestamp::from_microsecond(time.micros()).map_err(|error| bad(error.to_string()))?;
        let next = cron.find_next_occurrence(&from.to_zoned(zone), false).map_err(|error| bad(error.to_string()))?;
        Ok(Timestamp::from_micros(next.timestamp().as_microsecond()))
    }

    /// The ticks from `first` on that make a job now, and the next one.
    fn due(&self, first: Timestamp, now: Timestamp) -> Result<(Vec<Timestamp>, Timestamp), JobsError> {
        let (mut ticks, mut tick) = (Vec::new(), first);
        if self.catch_up == CatchUp::Each {
            while tick <= now && ticks.len() < MOST {
                ticks.push(tick);
                tick = self.next(tick)?;
            }
            return Ok((ticks, tick));
        }
        let next = self.next(now)?;
        // The last tick before now, without counting all that passed in a year.
        let mut last = first;
        let mut probe = PUNCTUAL;
        while last == first && probe < now.since(first) {
            let found = self.next(now - probe)?;
            if found <= now {
                last = found;
            }
            probe *= 4;
        }
        while let after = self.next(last)?
            && after <= now
        {
            last = after;
        }
        if self.catch_up == CatchUp::Once || now.since(last) <= PUNCTUAL {
            ticks.push(last);
        }
        Ok((ticks, next))
    }
}

impl Inner {
    /// Adds the schedules that are not there yet.
    pub async fn put_schedules(&self) -> Result<(), JobsError> {
        for schedule in &self.registry.schedules {
            let next = schedule.next(self.queue.now())?;
            schedules::put(&self.queue.db, schedule.name, schedule.kind, schedule.cron, &schedule.zone, next).await?;
        }
        Ok(())
    }

    /// Puts the jobs of all due ticks into the queue. Returns how many, and when the next tick is.
    pub async fn fire_schedules(&self) -> Result<(usize, Option<Timestamp>), JobsError> {
        let now = self.queue.now();
        let (mut fired, mut next_tick) = (0, None);
        for ScheduleView { name, mut next_at, .. } in schedules::all(&self.queue.db).await? {
            // One that only a newer version knows is left to that.
            let Some(schedule) = self.registry.schedules.iter().find(|schedule| schedule.name == name) else {
                continue;
            };
            if next_at <= now {
                let (ticks, next) = schedule.due(next_at, now)?;
                fired += self.fire(schedule, next_at, &ticks, next).await?;
                next_at = next;
            }
            next_tick = Some(next_tick.map_or(next_at, |earliest: Timestamp| earliest.min(next_at)));
        }
        Ok((fired, next_tick))
    }

    async fn fire(
        &self,
        schedule: &Schedule,
        from: Timestamp,
        ticks: &[Timestamp],
        next: Timestamp,
    ) -> Result<usize, JobsError> {
        let mut tx = self.queue.db.begin(Platform).await?;
        // A scheduler that was paused past its lease finds the schedule moved on.
        if !schedules::advance(&mut tx, schedule.name, from, next, ticks.last().copied().unwrap_or(from)).await? {
            tx.rollback().await?;
            return Ok(0);
        }
        let mut fired = 0;
        for tick in ticks {
            // While the one before is not done there is no second one, unless each tick has to have its own.
            let key = match schedule.catch_up {
                CatchUp::Once | CatchUp::Skip => schedule.name.to_owned(),
                CatchUp::Each => format!("{}@{}", schedule.name, tick.seconds()),
            };
            let job = (schedule.make)(*tick).unique(key);
            fired += usize::from(self.queue.enqueue(&mut tx, job).await?.is_some());
        }
        tx.commit().await?;
        Ok(fired)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Context, Failure};

    #[derive(serde::Serialize, serde::Deserialize)]
    struct Nothing {}

    impl Job for Nothing {
        type Service = ();
        const KIND: &'static str = "test.nothing";
        async fn run(self, (): (), _: Context) -> Result<(), Failure> {
            Ok(())
        }
    }

    fn schedule(cron: &'static str, zone: &str) -> Schedule {
        Schedule::new("test", cron, |_| Nothing {}).in_zone(zone)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn times_are_those_of_the_zone_also_when_clocks_change() {
        let berlin = schedule("30 2 * * *", "Europe/Berlin");
        let mut time = at("2026-03-27T12:00:00Z");
        let mut ticks = Vec::new();
        for _ in 0..3 {
            time = berlin.next(time).unwrap();
            ticks.push(time.to_string());
        }
        // On the 29th there is no half past two.
        let expected = ["2026-03-28T01:30:00.000000Z", "2026-03-29T01:00:00.000000Z", "2026-03-30T00:30:00.000000Z"];
        assert_eq!(ticks, expected);
        // On 25 October there are two.
        assert_eq!(berlin.next(at("2026-10-24T12:00:00Z")).unwrap(), at("2026-10-25T00:30:00Z"));
        assert_eq!(berlin.next(at("2026-10-25T00:30:00Z")).unwrap(), at("2026-10-26T01:30:00Z"));
        let hanoi = schedule("0 9 1 * *", "Asia/Ho_Chi_Minh");
        assert_eq!(hanoi.next(at("2026-02-15T00:00:00Z")).unwrap(), at("2026-03-01T02:00:00Z"));
    }

    #[test]
    fn missed_ticks_are_made_up_for_as_the_schedule_says() {
        let hourly = schedule("0 * * * *", "UTC");
        let (first, now) = (at("2026-01-01T01:00:00Z"), at("2026-01-01T04:30:00Z"));
        let next = at("2026-01-01T05:00:00Z");
        assert_eq!(hourly.due(first, now).unwrap(), (vec![at("2026-01-01T04:00:00Z")], next));
        assert_eq!(hourly.clone().catch_up(CatchUp::Skip).due(first, now).unwrap(), (vec![], next));
        let punctual = at("2026-01-01T04:00:01Z");
        assert_eq!(
            hourly.clone().catch_up(CatchUp::Skip).due(first, punctual).unwrap().0,
            [at("2026-01-01T04:00:00Z")]
        );
        let each = hourly.clone().catch_up(CatchUp::Each).due(first, now).unwrap();
        assert_eq!((each.0.len(), each.1), (4, next));
        // A year later it takes no longer, and a hundred at a time come back.
        let late = at("2027-01-01T00:30:00Z");
        assert_eq!(hourly.due(first, late).unwrap().0, [at("2027-01-01T00:00:00Z")]);
        assert_eq!(hourly.catch_up(CatchUp::Each).due(first, late).unwrap().0.len(), MOST);
    }

    #[test]
    fn a_bad_expression_or_zone_is_named() {
        for schedule in [schedule("61 * * * *", "UTC"), schedule("0 * * * *", "Mars/Olympus")] {
            let error = schedule.next(Timestamp::EPOCH).unwrap_err().to_string();
            assert!(error.starts_with("the schedule test has no time to run: "), "{error}");
        }
    }
}

//! What the figures were measured on, and what a process uses, from `/proc`.

use std::{io::Write as _, path::Path, time::Duration};

use anyhow::Context as _;
use tokio::{fs, time::Instant};

use crate::stats::Samples;

const FLUSHES: usize = 50;

/// Clock ticks in a second: Linux has had 100 on each architecture that we build for.
const TICKS: u64 = 100;

/// One line about this machine: no names, only what explains the figures.
pub async fn facts() -> anyhow::Result<String> {
    let cores = std::thread::available_parallelism()?;
    let cpu = fs::read_to_string("/proc/cpuinfo").await?;
    let model = field(&cpu, "model name").unwrap_or("unknown processor");
    let memory = fs::read_to_string("/proc/meminfo").await?;
    let kib: u64 = field(&memory, "MemTotal").and_then(first_number).context("no MemTotal")?;
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").await?;
    // What follows the version number names a build, not a kernel.
    let kernel = kernel.split('-').next().unwrap_or_default().trim();
    Ok(format!("{cores} cores ({model}), {} GiB, Linux {kernel}", kib.div_ceil(1 << 20)))
}

/// How long the disk takes to make 8 KiB last (`fdatasync`), median: what a commit that waits
/// for the disk can't beat.
pub fn flush_time(folder: &Path) -> anyhow::Result<Option<Duration>> {
    let mut file = std::fs::File::create(folder.join("flush"))?;
    let mut samples = Samples::default();
    for _ in 0..FLUSHES {
        file.write_all(&[0; 8192])?;
        let begun = Instant::now();
        file.sync_data()?;
        samples.push(begun.elapsed());
    }
    Ok(samples.percentile(50))
}

/// Resident memory of a process, in KiB.
pub async fn resident_kib(process: u32) -> anyhow::Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).await?;
    field(&status, "VmRSS").and_then(first_number).context("no VmRSS")
}

/// What a process and its descendants have in memory now, and had at most, in KiB.
pub async fn family_kib(process: u32) -> anyhow::Result<(u64, u64)> {
    let (mut now, mut most) = (0, 0);
    for id in family(process).await? {
        // A child may have ended since.
        let Ok(status) = fs::read_to_string(format!("/proc/{id}/status")).await else { continue };
        now += field(&status, "VmRSS").and_then(first_number).unwrap_or(0);
        most += field(&status, "VmHWM").and_then(first_number).unwrap_or(0);
    }
    Ok((now, most))
}

/// Processor time that a process and its descendants have used so far, in milliseconds.
pub async fn family_cpu_ms(process: u32) -> anyhow::Result<u64> {
    let mut all = 0;
    for id in family(process).await? {
        all += cpu_ms(id).await.unwrap_or(0);
    }
    Ok(all)
}

/// A process and its descendants.
async fn family(process: u32) -> anyhow::Result<Vec<u32>> {
    let mut parents = Vec::new();
    let mut entries = fs::read_dir("/proc").await?;
    while let Some(entry) = entries.next_entry().await? {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = fs::read_to_string(format!("/proc/{id}/stat")).await else { continue };
        // After the name in parentheses come the state and the parent.
        let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_ascii_whitespace().nth(1)?.parse().ok());
        parents.extend(parent.map(|parent: u32| (parent, id)));
    }
    let mut family = vec![process];
    let mut next = 0;
    while let Some(parent) = family.get(next).copied() {
        family.extend(parents.iter().filter(|(of, _)| *of == parent).map(|(_, id)| *id));
        next += 1;
    }
    Ok(family)
}

/// Processor time that a process has used so far, in milliseconds.
pub async fn cpu_ms(process: u32) -> anyhow::Result<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).await?;
    // The second field, a name in parentheses, may hold spaces; utime and stime are 14 and 15.
    let (_, rest) = stat.rsplit_once(')').context("no name in stat")?;
    let ticks: u64 = rest.split_ascii_whitespace().skip(11).take(2).filter_map(|it| it.parse::<u64>().ok()).sum();
    Ok(ticks * 1000 / TICKS)
}

fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

fn first_number(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

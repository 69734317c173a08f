// What `make bench-jobs` measures of pg-boss: jobs in bulk, done by one and by eight, and idle to begun.
// In batches and without a pause while there is more, woken by NOTIFY. Prints five numbers.
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";
import { pathToFileURL } from "node:url";

const [url, jobs, idle] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const require = createRequire(`${process.cwd()}/package.json`);
const { PgBoss } = await import(pathToFileURL(require.resolve("pg-boss")).href);
const boss = new PgBoss({ connectionString: url, max: 10, useListenNotify: true });
boss.on("error", (error) => console.error(error));
await boss.start();
await boss.createQueue("nothing", { notify: true });

async function enqueue() {
  const began = performance.now();
  for (let first = 0; first < jobs; first += 1000) {
    await boss.insert("nothing", Array.from({ length: 1000 }, (_, at) => ({ data: { number: first + at } })));
  }
  return (jobs * 1000) / (performance.now() - began);
}

async function work(slots) {
  let done = 0;
  const began = performance.now();
  const options = {
    localConcurrency: slots,
    batchSize: 500,
    burstWhenBatchFull: true,
    pollingIntervalSeconds: 0.5,
    notifyPollingIntervalSeconds: 0.5,
  };
  await new Promise((resolve) => {
    boss.work("nothing", options, async (some) => {
      done += some.length;
      if (done >= jobs) resolve();
    });
  });
  await boss.offWork("nothing", { wait: true });
  return (jobs * 1000) / (performance.now() - began);
}

async function latency() {
  let wake = () => {};
  await boss.work("nothing", { localConcurrency: 8, notifyPollingIntervalSeconds: 2 }, async () => wake(performance.now()));
  const times = [];
  for (let number = 0; number < idle; number += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const begun = new Promise((resolve) => {
      wake = resolve;
    });
    const added = boss.send("nothing", { number }).then(() => performance.now());
    const [committed, at] = await Promise.all([added, begun]);
    times.push(Math.max(at - committed, 0));
  }
  times.sort((a, b) => a - b);
  return [times[idle / 2], times[Math.floor((idle * 99) / 100)]];
}

const bulk = await enqueue();
const one = await work(1);
await enqueue();
const eight = await work(8);
const [p50, p99] = await latency();
console.log(bulk, one, eight, p50, p99);
process.exit(0);

// What `make bench-jobs` measures of Graphile Worker: jobs in bulk, done by one and by eight, and idle to begun.
// With its local queue and batched completion, as its own benchmark has them. Prints five numbers.
import { createRequire } from "node:module";
import { performance } from "node:perf_hooks";

const [url, jobs, idle] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const require = createRequire(`${process.cwd()}/package.json`);
const { run, runMigrations, makeWorkerUtils, Logger } = require("graphile-worker");
const logger = new Logger(() => () => {});
const base = { connectionString: url, logger, noHandleSignals: true };
await runMigrations(base);
const utils = await makeWorkerUtils(base);

async function enqueue() {
  const began = performance.now();
  for (let first = 0; first < jobs; first += 1000) {
    const some = Array.from({ length: 1000 }, (_, at) => ({ identifier: "nothing", payload: { number: first + at } }));
    await utils.addJobs(some);
  }
  return (jobs * 1000) / (performance.now() - began);
}

let done = 0;
let wake = () => {};
const taskList = {
  nothing: async () => {
    done += 1;
    wake(performance.now());
  },
};

async function start(slots) {
  const preset = {
    worker: {
      connectionString: url,
      logger,
      concurrentJobs: slots,
      maxPoolSize: 10,
      pollInterval: 2000,
      localQueue: { size: 500 },
      completeJobBatchDelay: 0,
      failJobBatchDelay: 0,
    },
  };
  return run({ preset, taskList, noHandleSignals: true });
}

async function work(slots) {
  done = 0;
  const began = performance.now();
  const all = new Promise((resolve) => {
    wake = () => done >= jobs && resolve();
  });
  const runner = await start(slots);
  await all;
  await runner.stop();
  return (jobs * 1000) / (performance.now() - began);
}

async function latency() {
  const runner = await start(8);
  const times = [];
  for (let number = 0; number < idle; number += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    const begun = new Promise((resolve) => {
      wake = resolve;
    });
    // From the answer to the call, which is when its transaction has committed, or before.
    const added = utils.addJob("nothing", { number }).then(() => performance.now());
    const [committed, at] = await Promise.all([added, begun]);
    times.push(Math.max(at - committed, 0));
  }
  await runner.stop();
  times.sort((a, b) => a - b);
  return [times[idle / 2], times[Math.floor((idle * 99) / 100)]];
}

const bulk = await enqueue();
const one = await work(1);
await enqueue();
const eight = await work(8);
const [p50, p99] = await latency();
await utils.release();
console.log(bulk, one, eight, p50, p99);
process.exit(0);

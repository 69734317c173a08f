import { ApiError } from "@parlance/api";
import { beforeEach, expect, test } from "vitest";
import { once } from "./use-idempotency";

let made = 0;
let sent: string[] = [];
beforeEach(() => {
  made = 0;
  sent = [];
});
const start = () => once(() => `key ${(made += 1)}`);
const answer =
  (status: number, code = "internal") =>
  ({ headers }: { headers: Record<string, string> }) => {
    sent.push(headers["Idempotency-Key"] ?? "");
    return status < 300 && status > 0
      ? Promise.resolve("made")
      : Promise.reject(new ApiError({ status, code }));
  };

test.each([0, 429, 503])("after %i the same is sent under the same key", async (status) => {
  const send = start();
  await expect(send({ name: "a" }, answer(status))).rejects.toThrow();
  await expect(send({ name: "a" }, answer(201))).resolves.toBe("made");
  expect(sent).toEqual(["key 1", "key 1"]);
});

test("while the first sending is under way, the key stays", async () => {
  const send = start();
  await expect(send({ name: "a" }, answer(409, "idempotency_conflict"))).rejects.toThrow();
  await send({ name: "a" }, answer(201));
  expect(sent).toEqual(["key 1", "key 1"]);
});

test.each([400, 403, 409, 422])("after %i another key is taken", async (status) => {
  const send = start();
  await expect(send({ name: "a" }, answer(status))).rejects.toThrow();
  await send({ name: "a" }, answer(201));
  expect(sent).toEqual(["key 1", "key 2"]);
});

test("another body never goes under a key that was used", async () => {
  const send = start();
  await expect(send({ name: "a" }, answer(0))).rejects.toThrow();
  await send({ name: "b" }, answer(201));
  await send({ name: "b" }, answer(201));
  expect(sent).toEqual(["key 1", "key 2", "key 3"]);
});

import { describe, expect, it } from "vitest";
import { faultsOf, startOf, type StreamForm } from "./stream.logic";

const form = (kind: StreamForm["kind"], address: string): StreamForm => ({
  ...startOf(null),
  kind,
  address,
});

describe("faultsOf", () => {
  it.each([
    ["webhook", "https://siem.example.com", undefined],
    ["webhook", " HTTPS://siem.example.com ", undefined],
    ["webhook", "", "required"],
    ["webhook", "https://", "https"],
    ["webhook", "http://siem.example.com", "https"],
    ["webhook", "tls://siem.example.com", "https"],
    ["syslog", "tls://logs.example.com:6514", undefined],
    ["syslog", "tcp://logs.example.com:514", "server"],
    ["syslog", "logs.example.com", "server"],
  ] as const)("of a %s at “%s”: %s", (kind, address, fault) => {
    expect(faultsOf(form(kind, address), false).address).toBe(fault);
  });
  it("lets plain connections pass where the operator does", () => {
    expect(faultsOf(form("webhook", "http://10.0.0.5"), true)).toEqual({});
    expect(faultsOf(form("syslog", "tcp://10.0.0.5:514"), true)).toEqual({});
  });
});

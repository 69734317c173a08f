import { expect, test } from "vitest";
import { fold, grouped, rank } from "./rank.logic";

const commands = [
  { label: "New chat", group: "Actions", weight: 10 },
  { label: "Theme: Dark", group: "Preferences", keywords: "appearance night" },
  { label: "Log out", group: "Help", weight: -10 },
  { label: "Cài đặt", group: "Preferences" },
];
const labels = (query: string) => rank(commands, query).map((command) => command.label);

test("without a query everything is there, by weight", () => {
  expect(labels("  ")).toEqual(["New chat", "Theme: Dark", "Cài đặt", "Log out"]);
});

test("every word must be found", () => {
  expect(labels("theme dark")).toEqual(["Theme: Dark"]);
  expect(labels("theme bright")).toEqual([]);
});

test("keywords find, but labels come first", () => {
  expect(labels("night")).toEqual(["Theme: Dark"]);
  const ranked = rank([{ label: "B", keywords: "chat" }, { label: "Chat" }], "chat");
  expect(ranked.map((command) => command.label)).toEqual(["Chat", "B"]);
});

test("tones and case don't matter", () => {
  expect(fold("Đặt LẠI")).toBe("dat lai");
  expect(labels("cai dat")).toEqual(["Cài đặt"]);
});

test("groups keep the order of their best member", () => {
  const names = grouped(rank(commands, "")).map(([name, members]) => [name, members.length]);
  expect(names).toEqual([
    ["Actions", 1],
    ["Preferences", 2],
    ["Help", 1],
  ]);
});

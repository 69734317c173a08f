import { expect, test } from "vitest";
import { changesOf, matching } from "./groups.logic";

test("only what changed is sent", () => {
  const changes = changesOf(new Set(["ann", "bob"]), new Set(["bob", "mai"]));
  expect(changes).toEqual({ added: ["mai"], removed: ["ann"] });
  expect(changesOf(new Set(["ann"]), new Set(["ann"]))).toEqual({ added: [], removed: [] });
});

test("people are found by words of their name and address", () => {
  const people = [
    { name: "Ann Lee", email: "ann@example.com" },
    { name: "", email: "bob@example.org" },
  ];
  expect(matching(people, "  ")).toHaveLength(2);
  expect(matching(people, "LEE ann")).toEqual([people[0]]);
  expect(matching(people, "example.org")).toEqual([people[1]]);
  expect(matching(people, "nobody")).toEqual([]);
});

import type { ConversationShare, ShareCandidates } from "@parlance/api";
import { expect, test } from "vitest";
import { moved, named, offered, withEverybody } from "./sharing.logic";

const candidates: ShareCandidates = {
  people: [
    { user_id: "user_1", name: "Linh", avatar_url: null },
    { user_id: "user_2", name: "Minh", avatar_url: "/avatars/2" },
  ],
  groups: [{ group_id: "grp_1", name: "Research", members: 3 }],
};

function share(subject: string, kind: ConversationShare["kind"]): ConversationShare {
  return { subject, kind, name: subject, avatar_url: null, access: "edit", created_at: "" };
}

test("groups come first, and whoever has it is not offered again", () => {
  expect(offered(candidates, []).map(({ subject }) => subject)).toEqual([
    "grp_1",
    "user_1",
    "user_2",
  ]);
  const shares = [share("user_1", "user"), share("grp_1", "group")];
  expect(offered(candidates, shares).map(({ subject }) => subject)).toEqual(["user_2"]);
  expect(offered(undefined, [])).toEqual([]);
});

test("everybody has a row apart", () => {
  const shares = [share("workspace", "workspace"), share("user_1", "user")];
  expect(withEverybody(shares)).toBe("edit");
  expect(withEverybody([])).toBeNull();
  expect(named(shares).map(({ subject }) => subject)).toEqual(["user_1"]);
});

test("arrows go round", () => {
  expect(moved(-1, "ArrowDown", 3)).toBe(0);
  expect(moved(2, "ArrowDown", 3)).toBe(0);
  expect(moved(0, "ArrowUp", 3)).toBe(2);
  expect(moved(-1, "ArrowUp", 3)).toBe(2);
  expect(moved(1, "Home", 3)).toBe(1);
  expect(moved(0, "ArrowDown", 0)).toBe(-1);
});

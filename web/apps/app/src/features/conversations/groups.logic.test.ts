import type { Conversation } from "@parlance/api";
import { describe, expect, it } from "vitest";
import {
  groupConversations,
  groupId,
  removeConversation,
  upsertConversation,
  type ConversationPages,
} from "./groups.logic";

const conversation = (
  id: string,
  updated: string,
  extra: Partial<Conversation> = {},
): Conversation => ({
  id,
  owner_id: "user_1",
  owner_name: null,
  access: "owner",
  shared: false,
  title: id,
  model: null,
  system_prompt: null,
  parameters: {},
  pinned: false,
  archived: false,
  active_message_id: null,
  active_run_id: null,
  created_at: updated,
  updated_at: updated,
  ...extra,
});

const local = (year: number, month: number, day: number, hour = 12) =>
  new Date(year, month - 1, day, hour).toISOString();

describe("groupConversations", () => {
  it("follows the calendar of the person", () => {
    const now = new Date(2026, 10, 21, 0, 30);
    const groups = groupConversations(
      [conversation("p", local(2020, 1, 1))],
      [
        conversation("a", local(2026, 11, 21, 0)),
        conversation("b", local(2026, 11, 20, 23)),
        conversation("c", local(2026, 11, 14)),
        conversation("d", local(2026, 11, 13)),
        conversation("e", local(2026, 10, 22)),
        conversation("f", local(2026, 10, 21)),
        conversation("g", local(2026, 10, 1)),
        conversation("h", local(2025, 10, 1)),
      ],
      now,
    );
    expect(
      groups.map((group) => [groupId(group.key), group.conversations.map((c) => c.id).join()]),
    ).toEqual([
      ["pinned", "p"],
      ["today", "a"],
      ["yesterday", "b"],
      ["week", "c"],
      ["month", "d,e"],
      ["2026-9", "f,g"],
      ["2025-9", "h"],
    ]);
  });

  it("calls a clock that runs ahead today", () => {
    const [group] = groupConversations(
      [],
      [conversation("a", local(2026, 11, 22))],
      new Date(2026, 10, 21),
    );
    expect(group?.key.kind).toBe("today");
  });
});

describe("cached lists", () => {
  const list: ConversationPages = {
    pages: [
      {
        data: [conversation("c", "2026-03-03"), conversation("b", "2026-02-02")],
        next_cursor: "x",
      },
      { data: [conversation("a", "2026-01-01")], next_cursor: null },
    ],
    pageParams: [null, "x"],
  };
  const ids = (pages: ConversationPages) =>
    pages.pages.flatMap((page) => page.data.map((c) => c.id)).join("");
  const active = { q: "", archived: false };

  it("moves a conversation to its place by activity", () => {
    expect(ids(upsertConversation(list, conversation("a", "2026-04-04"), active))).toBe("acb");
    expect(ids(upsertConversation(list, conversation("n", "2026-02-15"), active))).toBe("cnba");
    expect(ids(upsertConversation(list, conversation("o", "2025-01-01"), active))).toBe("cbao");
  });

  it("renews in place, and leaves untouched pages alone", () => {
    const renamed = upsertConversation(
      list,
      conversation("a", "2026-01-01", { title: "New" }),
      active,
    );
    expect(renamed.pages[0]).toBe(list.pages[0]);
    expect(renamed.pages[1]?.data[0]?.title).toBe("New");
  });

  it("takes out what no longer belongs", () => {
    expect(
      ids(upsertConversation(list, conversation("b", "2026-02-02", { archived: true }), active)),
    ).toBe("ca");
    expect(
      ids(
        upsertConversation(list, conversation("b", "2026-02-02", { pinned: true }), {
          ...active,
          pinned: false,
        }),
      ),
    ).toBe("ca");
    expect(ids(removeConversation(list, "c"))).toBe("ba");
  });

  it("keeps what others share apart from the person's own", () => {
    const theirs = conversation("n", "2026-09-09", { access: "view", owner_name: "Linh" });
    expect(ids(upsertConversation(list, theirs, active))).toBe("cba");
    const shared = { ...active, shared: true };
    expect(ids(upsertConversation(list, theirs, shared))).toBe("ncba");
    expect(ids(upsertConversation(list, conversation("b", "2026-02-02"), shared))).toBe("ca");
  });

  it("does not guess what a search finds, nor what a page not yet loaded holds", () => {
    expect(
      ids(upsertConversation(list, conversation("n", "2026-09-09"), { q: "x", archived: false })),
    ).toBe("cba");
    const open = { ...list, pages: [list.pages[0]!] };
    expect(ids(upsertConversation(open, conversation("o", "2025-01-01"), active))).toBe("cb");
  });
});

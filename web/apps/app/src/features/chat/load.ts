import { needWords } from "@parlance/i18n";

/** Parts of the chat that are loaded after the first screen stands. */
export const loadConversation = async () => {
  const [page] = await Promise.all([import("./conversation-view"), needWords("conversation")]);
  return page;
};
export const loadRuns = () => import("./runs");
export const loadEvents = () => import("@/features/conversations/events");

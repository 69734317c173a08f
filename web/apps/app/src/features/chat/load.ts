/** Parts of the chat that are loaded after the first screen stands. */
export const loadConversation = () => import("./conversation-view");
export const loadRuns = () => import("./runs");
export const loadEvents = () => import("@/features/conversations/events");

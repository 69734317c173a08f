/**
 * The framework-free half of the chat: reading and resuming streams, folding them into run state,
 * and the branch of messages on screen. No React, no DOM beyond fetch, no knowledge of addresses.
 * Markdown lives behind `@parlance/chat-core/markdown`, so that it can be loaded lazily.
 */
export * from "./branch";
export * from "./follow";
export * from "./leader";
export * from "./live-runs";
export * from "./pace";
export * from "./run-state";
export * from "./sse";
export * from "./types";

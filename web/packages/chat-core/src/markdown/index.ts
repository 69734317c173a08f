/** Markdown of answers: blocks, math recognition and safe links. Loaded lazily, it brings marked. */
export * from "./blocks";
export * from "./links";
export { type MathToken } from "./math";
export type { Token, Tokens } from "marked";

/**
 * The light half of the design system: everything the first screen needs.
 * Heavier pieces have entries of their own and are loaded when first used:
 * `@parlance/ui/dialog`, `/popover`, `/menu` (through `MenuButton`), `/toaster`.
 */
export * from "./avatar";
export * from "./button";
export * from "./cn";
export * from "./feedback";
export * from "./field";
export * from "./logo";
export * from "./menu-button";
export { toast, toastStore, type ToastOptions } from "./toast";
export { installTooltips } from "./tooltip";

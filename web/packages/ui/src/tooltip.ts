/**
 * Tooltips for `data-tooltip`: one element in the top layer for the whole page, no component per
 * button. Shown on hover (after a rest) and on keyboard focus; Escape hides it (WCAG 1.4.13).
 * It repeats the button's accessible name, so it is hidden from assistive technology.
 */
const REST_MS = 450;
const GAP = 6;

export function installTooltips(): void {
  if (!("popover" in HTMLElement.prototype)) return;
  const tip = document.createElement("div");
  tip.popover = "manual";
  tip.setAttribute("aria-hidden", "true");
  tip.className =
    "pointer-events-none m-0 items-center gap-2 rounded-md border-0 bg-fg px-2 py-1 text-xs font-medium text-canvas shadow-md open:flex";
  document.body.append(tip);

  // Phones make up a mouse after a touch; nobody hovers there.
  const hovers = matchMedia("(hover: hover)");
  let owner: HTMLElement | null = null;
  let timer = 0;
  let shownAt = 0;
  let keyboard = false;

  const hide = () => {
    clearTimeout(timer);
    owner = null;
    if (tip.matches(":popover-open")) {
      shownAt = Date.now();
      tip.hidePopover();
    }
  };

  const place = (target: HTMLElement) => {
    const text = target.dataset.tooltip;
    if (!text || !target.isConnected) return hide();
    tip.textContent = text;
    const keys = target.dataset.tooltipKeys;
    if (keys) {
      const hint = document.createElement("span");
      hint.className = "opacity-70";
      hint.textContent = keys;
      tip.append(hint);
    }
    tip.showPopover();
    const box = target.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const below = box.bottom + GAP + height <= innerHeight - GAP;
    tip.style.top = `${below ? box.bottom + GAP : box.top - GAP - height}px`;
    const left = box.left + box.width / 2 - width / 2;
    tip.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  };

  const want = (target: EventTarget | null, wait: number) => {
    const next = (target as Element | null)?.closest?.<HTMLElement>("[data-tooltip]") ?? null;
    if (next === owner) return;
    hide();
    if (!next || next.getAttribute("aria-expanded") === "true") return;
    owner = next;
    timer = window.setTimeout(() => place(next), wait);
  };

  document.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "mouse" || !hovers.matches) return;
    want(event.target, Date.now() - shownAt < 300 ? 0 : REST_MS);
  });
  document.addEventListener("focusin", (event) => {
    // Focus that a press or a closing dialog has moved is no question about the button.
    if (keyboard && (event.target as Element).matches(":focus-visible")) want(event.target, 0);
  });
  document.addEventListener("focusout", hide);
  const pressed = () => {
    keyboard = false;
    hide();
  };
  document.addEventListener("pointerdown", pressed, true);
  document.addEventListener("scroll", hide, true);
  const typed = (event: KeyboardEvent) => {
    keyboard = event.key === "Tab";
    if (event.key === "Escape") hide();
  };
  document.addEventListener("keydown", typed, true);
}

/** Dragging rows of a list by a handle, with mouse, pen or finger. */
import { useEffect, useRef, useState, type PointerEvent } from "react";
import { dropIndex } from "./routing.logic";

export interface Reorder {
  dragging: number | null;
  row: (id: number) => (element: HTMLElement | null) => void;
  handle: (id: number) => {
    onPointerDown: (event: PointerEvent) => void;
    className: string;
  };
}

export function useReorder(
  ids: readonly number[],
  onMove: (from: number, to: number) => void,
): Reorder {
  const rows = useRef(new Map<number, HTMLElement>());
  const [dragging, setDragging] = useState<number | null>(null);
  const latest = useRef({ ids, onMove });
  useEffect(() => {
    latest.current = { ids, onMove };
  });
  useEffect(() => {
    if (dragging === null) return;
    // On the window: the row moves in the document, and would lose a captured pointer.
    const follow = (event: globalThis.PointerEvent) => {
      const { ids: order, onMove: move } = latest.current;
      const from = order.indexOf(dragging);
      const boxes = order.map(
        (id) => rows.current.get(id)?.getBoundingClientRect() ?? { top: 0, bottom: 0 },
      );
      const to = dropIndex(boxes, from, event.clientY);
      if (from >= 0 && to !== from) move(from, to);
    };
    const end = () => setDragging(null);
    const escape = (event: KeyboardEvent) => {
      if (event.key === "Escape") end();
    };
    addEventListener("pointermove", follow);
    addEventListener("pointerup", end);
    addEventListener("pointercancel", end);
    addEventListener("keydown", escape);
    return () => {
      removeEventListener("pointermove", follow);
      removeEventListener("pointerup", end);
      removeEventListener("pointercancel", end);
      removeEventListener("keydown", escape);
    };
  }, [dragging]);

  return {
    dragging,
    row: (id) => (element) => {
      if (element) rows.current.set(id, element);
      else rows.current.delete(id);
    },
    handle: (id) => ({
      onPointerDown: (event) => {
        if (event.button !== 0) return;
        event.preventDefault();
        setDragging(id);
      },
      className: "cursor-grab touch-none select-none active:cursor-grabbing",
    }),
  };
}

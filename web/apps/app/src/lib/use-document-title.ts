import { useEffect } from "react";

/** Names the tab: "Settings · Parlance". */
export function useDocumentTitle(title: string | null | undefined): void {
  useEffect(() => {
    document.title = title ? `${title} · Parlance` : "Parlance";
  }, [title]);
}

import type { ReactNode } from "react";
import { useDocumentTitle } from "@/lib/use-document-title";

/** The heading of a settings page; it names the tab as well. */
export function SettingsPage({
  title,
  intro,
  children,
}: {
  title: string;
  intro?: ReactNode;
  children: ReactNode;
}) {
  useDocumentTitle(title);
  return (
    <>
      <h1 className="font-display text-[1.75rem] leading-tight font-medium tracking-tight">
        {title}
      </h1>
      {intro && <p className="mt-1.5 max-w-prose text-muted">{intro}</p>}
      <div className="mt-8 space-y-10">{children}</div>
    </>
  );
}

export function Section({
  title,
  description,
  action,
  children,
}: {
  title: ReactNode;
  description?: ReactNode;
  action?: ReactNode;
  children: ReactNode;
}) {
  return (
    <section>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h2 className="font-semibold">{title}</h2>
          {description && <p className="mt-0.5 max-w-prose text-sm text-muted">{description}</p>}
        </div>
        {action}
      </div>
      {children}
    </section>
  );
}

/** A framed list or form. */
export function Panel({ children, className = "" }: { children: ReactNode; className?: string }) {
  return (
    <div className={`overflow-hidden rounded-lg border border-line bg-surface ${className}`}>
      {children}
    </div>
  );
}

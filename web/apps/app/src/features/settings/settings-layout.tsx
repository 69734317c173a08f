import { useLingui } from "@lingui/react/macro";
import {
  Building2,
  ChartNoAxesColumn,
  MonitorSmartphone,
  Palette,
  Shield,
  UserRound,
} from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { Link, usePlace } from "@/lib/navigation";
import { PageHeader } from "@/features/shell/page-header";

export default function SettingsLayout({ children }: { children: ReactNode }) {
  const { t } = useLingui();
  const nav = useRef<HTMLElement>(null);
  const place = usePlace();
  const section = place.page === "settings" ? place.section : null;
  useEffect(() => {
    const current = nav.current?.querySelector('[aria-current="page"]');
    current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [section]);
  const icon = { size: 17, "aria-hidden": true } as const;
  const pages = [
    { to: "/settings/profile", label: t`Profile`, icon: <UserRound {...icon} /> },
    { to: "/settings/appearance", label: t`Appearance`, icon: <Palette {...icon} /> },
    { to: "/settings/sessions", label: t`Sessions`, icon: <MonitorSmartphone {...icon} /> },
    { to: "/settings/security", label: t`Security`, icon: <Shield {...icon} /> },
    { to: "/settings/workspace", label: t`Workspace`, icon: <Building2 {...icon} /> },
    { to: "/settings/usage", label: t`Usage`, icon: <ChartNoAxesColumn {...icon} /> },
  ] as const;
  return (
    <>
      <PageHeader />
      <div className="min-h-0 flex-1 overflow-y-auto overscroll-contain">
        <div className="mx-auto w-full max-w-5xl px-5 pb-20 sm:px-8 lg:flex lg:gap-10 lg:pt-4">
          <nav
            ref={nav}
            aria-label={t`Settings`}
            className="-mx-5 mb-8 flex gap-1 overflow-x-auto border-b border-line px-4 pb-2 sm:-mx-8 sm:px-7 lg:mx-0 lg:mb-0 lg:w-52 lg:shrink-0 lg:flex-col lg:gap-px lg:overflow-visible lg:border-0 lg:p-0"
          >
            {pages.map((page) => (
              <Link
                key={page.to}
                to={page.to}
                className="flex h-9 shrink-0 items-center gap-2.5 rounded-md px-2.5 text-sm transition-colors hover:bg-hover touch:h-11"
                inactiveClassName="text-muted"
                activeClassName="bg-active font-medium"
              >
                {page.icon}
                {page.label}
              </Link>
            ))}
          </nav>
          <div className="min-w-0 flex-1">{children}</div>
        </div>
      </div>
    </>
  );
}

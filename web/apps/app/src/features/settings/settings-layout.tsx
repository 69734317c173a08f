import { useLingui } from "@lingui/react/macro";
import {
  Building2,
  ChartNoAxesColumn,
  ContactRound,
  IdCard,
  KeyRound,
  MonitorSmartphone,
  Palette,
  PiggyBank,
  Plug,
  ScanEye,
  ScrollText,
  Shield,
  ShieldCheck,
  Split,
  UserCog,
  UserRound,
  UsersRound,
} from "lucide-react";
import { useEffect, useRef, type ReactNode } from "react";
import { useSession } from "@/features/session/use-session";
import { Link, usePlace } from "@/lib/navigation";
import { PageHeader } from "@/features/shell/page-header";
import type { SettingsSection } from "@/lib/places.logic";
import { settingsGroups } from "./groups.logic";

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
  const session = useSession();
  const permissions = session?.permissions ?? [];
  const pages: Record<SettingsSection, { label: string; icon: ReactNode }> = {
    profile: { label: t`Profile`, icon: <UserRound {...icon} /> },
    appearance: { label: t`Appearance`, icon: <Palette {...icon} /> },
    sessions: { label: t`Sessions`, icon: <MonitorSmartphone {...icon} /> },
    security: { label: t`Security`, icon: <Shield {...icon} /> },
    workspace: { label: t`Workspace`, icon: <Building2 {...icon} /> },
    groups: { label: t`Groups`, icon: <UsersRound {...icon} /> },
    profiles: { label: t`Member profiles`, icon: <ContactRound {...icon} /> },
    roles: { label: t`Roles`, icon: <UserCog {...icon} /> },
    sso: { label: t`Single sign-on`, icon: <IdCard {...icon} /> },
    audit: { label: t`Audit log`, icon: <ScrollText {...icon} /> },
    usage: { label: t`Usage`, icon: <ChartNoAxesColumn {...icon} /> },
    budgets: { label: t`Budgets`, icon: <PiggyBank {...icon} /> },
    guardrails: { label: t`Guardrails`, icon: <ScanEye {...icon} /> },
    keys: { label: t`API keys`, icon: <KeyRound {...icon} /> },
    routing: { label: t`Routing`, icon: <Split {...icon} /> },
    providers: { label: t`Providers`, icon: <Plug {...icon} /> },
  };
  const groupNames = { personal: t`Personal`, workspace: t`Workspace`, developers: t`Developers` };
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
            {settingsGroups(permissions).map(({ id, sections }) => (
              <div
                key={id}
                role="group"
                aria-label={groupNames[id]}
                className="flex shrink-0 gap-1 lg:mb-5 lg:flex-col lg:gap-px"
              >
                <p
                  aria-hidden
                  className="mb-1 px-2.5 text-xs font-medium text-subtle max-lg:hidden"
                >
                  {groupNames[id]}
                </p>
                {sections.map((name) => (
                  <Link
                    key={name}
                    to={`/settings/${name}`}
                    className="flex h-9 shrink-0 items-center gap-2.5 rounded-md px-2.5 text-sm transition-colors hover:bg-hover touch:h-11"
                    inactiveClassName="text-muted"
                    activeClassName="bg-active font-medium"
                  >
                    {pages[name].icon}
                    {pages[name].label}
                  </Link>
                ))}
              </div>
            ))}
            {session?.user.platform_admin && (
              <a
                href="/admin/"
                className="flex h-9 shrink-0 items-center gap-2.5 rounded-md px-2.5 text-sm text-muted transition-colors hover:bg-hover touch:h-11"
              >
                <ShieldCheck {...icon} />
                {t`Administration`}
              </a>
            )}
          </nav>
          <div className="min-w-0 flex-1">{children}</div>
        </div>
      </div>
    </>
  );
}

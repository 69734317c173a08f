/**
 * From the address to the page. Pages are loaded when visited; what a link leads to is fetched when
 * the link is approached.
 */
import { needWords, type Area } from "@parlance/i18n";
import { lazy, Suspense, type ComponentType } from "react";
import { ErrorBoundary } from "@/features/shell/error-boundary";
import { NotFoundPage } from "@/features/shell/error-pages";
import { ShellSkeleton } from "@/features/shell/shell-skeleton";
import { SignedIn, SignedOut } from "@/features/session/gates";
import { setPreload, usePlace } from "@/lib/navigation";
import { readPlace, type SettingsSection } from "@/lib/places.logic";

type Page = { default: ComponentType };

/** The pages of an area come with its words. */
async function withWords<T>(area: Area, page: Promise<T>): Promise<T> {
  await needWords(area);
  return page;
}

const load = {
  login: (): Promise<Page> => import("@/features/auth/login-page"),
  signup: (): Promise<Page> => import("@/features/auth/signup-page"),
  account: () => withWords("account", import("@/features/account/account-page")),
  invite: () => withWords("settings", import("@/features/settings/invitations/invite-page")),
  shell: () => withWords("chat", import("@/features/shell/app-shell")),
  chat: (): Promise<Page> => import("@/features/chat/chat-page"),
  settings: () => withWords("settings", import("@/features/settings/settings-layout")),
};
const loadSection: Record<SettingsSection, () => Promise<Page>> = {
  profile: () => import("@/features/settings/profile/profile-page"),
  appearance: () => import("@/features/settings/appearance/appearance-page"),
  sessions: () => import("@/features/settings/sessions/sessions-page"),
  security: () => import("@/features/settings/security/security-page"),
  workspace: () => import("@/features/settings/workspace/workspace-page"),
  groups: () => import("@/features/settings/groups/groups-page"),
  profiles: () => import("@/features/settings/profiles/profiles-page"),
  roles: () => import("@/features/settings/roles/roles-page"),
  sso: () => import("@/features/settings/sso/sso-page"),
  audit: () => import("@/features/settings/audit/audit-page"),
  usage: () => import("@/features/settings/usage/usage-page"),
  budgets: () => withWords("gateway", import("@/features/budgets/budgets-page")),
  guardrails: () => withWords("gateway", import("@/features/guardrails/guardrails-page")),
  keys: () => withWords("gateway", import("@/features/keys/keys-page")),
  routing: () => withWords("gateway", import("@/features/routing/routing-page")),
  providers: () => withWords("gateway", import("@/features/routing/providers-page")),
};

/** Fetches the code of a place, so that going there doesn't wait for it. */
export function preloadPlace(pathname: string): void {
  const place = readPlace(pathname.split("?")[0] ?? "/");
  const loads: (() => Promise<unknown>)[] =
    place.page === "chat"
      ? [load.shell, load.chat]
      : place.page === "settings"
        ? [load.shell, load.settings, loadSection[place.section]]
        : place.page === "not_found"
          ? []
          : [load[place.page]];
  // A failure shows when the person goes there, with a way to try again.
  for (const start of loads) start().catch(() => null);
}
setPreload(preloadPlace);

const LoginPage = lazy(load.login);
const SignupPage = lazy(load.signup);
const AccountPage = lazy(load.account);
const InvitePage = lazy(load.invite);
const AppShell = lazy(load.shell);
const ChatPage = lazy(load.chat);
const SettingsLayout = lazy(load.settings);
const sections: Record<SettingsSection, ComponentType> = {
  profile: lazy(loadSection.profile),
  appearance: lazy(loadSection.appearance),
  sessions: lazy(loadSection.sessions),
  security: lazy(loadSection.security),
  workspace: lazy(loadSection.workspace),
  groups: lazy(loadSection.groups),
  profiles: lazy(loadSection.profiles),
  roles: lazy(loadSection.roles),
  sso: lazy(loadSection.sso),
  audit: lazy(loadSection.audit),
  usage: lazy(loadSection.usage),
  budgets: lazy(loadSection.budgets),
  guardrails: lazy(loadSection.guardrails),
  keys: lazy(loadSection.keys),
  routing: lazy(loadSection.routing),
  providers: lazy(loadSection.providers),
};

export function App() {
  const place = usePlace();
  if (place.page === "not_found") return <NotFoundPage />;
  if (place.page === "login" || place.page === "signup") {
    return (
      <ErrorBoundary key={place.page}>
        <SignedOut>
          <Suspense fallback={null}>
            {place.page === "login" ? <LoginPage /> : <SignupPage />}
          </Suspense>
        </SignedOut>
      </ErrorBoundary>
    );
  }
  if (place.page === "account") {
    return (
      <ErrorBoundary key={place.step}>
        <Suspense fallback={null}>
          <AccountPage />
        </Suspense>
      </ErrorBoundary>
    );
  }
  if (place.page === "invite") {
    return (
      <ErrorBoundary key={place.page}>
        <Suspense fallback={null}>
          <InvitePage />
        </Suspense>
      </ErrorBoundary>
    );
  }
  const key = place.page === "settings" ? place.section : "chat";
  return (
    <ErrorBoundary>
      <SignedIn fallback={<ShellSkeleton />}>
        <Suspense fallback={<ShellSkeleton />}>
          <AppShell>
            <ErrorBoundary key={key}>
              <Suspense fallback={null}>
                {place.page === "chat" ? <ChatPage /> : <Settings section={place.section} />}
              </Suspense>
            </ErrorBoundary>
          </AppShell>
        </Suspense>
      </SignedIn>
    </ErrorBoundary>
  );
}

function Settings({ section }: { section: SettingsSection }) {
  const Section = sections[section];
  return (
    <SettingsLayout>
      <Suspense fallback={null}>
        <Section />
      </Suspense>
    </SettingsLayout>
  );
}

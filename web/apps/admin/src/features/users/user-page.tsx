import { Trans, useLingui } from "@lingui/react/macro";
import {
  demotePlatformUser,
  disablePlatformUser,
  enablePlatformUser,
  impersonate,
  isApiError,
  promotePlatformUser,
  resetPlatformUserPassword,
  revokePlatformUserSessions,
  startSession,
  type PlatformUserDetail,
} from "@parlance/api";
import { formatDateTime, formatRelative } from "@parlance/i18n";
import { Badge, Button, MenuButton, Skeleton, toast, type MenuEntry } from "@parlance/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import {
  ArrowLeft,
  ChevronDown,
  KeyRound,
  LogOut,
  ShieldCheck,
  ShieldOff,
  UserCheck,
  UserX,
} from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link } from "wouter";
import { instanceQuery } from "@/features/auth/instance";
import { readUserAgent } from "@/features/settings/sessions/user-agent.logic";
import { Panel, Section } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { Missing } from "../shell/missing";
import { Facts, PageTitle } from "../shell/page";
import { userKeys, userQuery } from "./queries";
import { UserBadges } from "./users-page";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const ReasonDialog = lazy(() => import("../shell/reason-dialog"));

export default function UserPage({ id }: { id: string }) {
  const { t } = useLingui();
  const { data: user, error, refetch } = useQuery(userQuery(id));
  return (
    <>
      <Link
        href="/users"
        className="mb-4 inline-flex items-center gap-1.5 rounded-sm text-sm text-muted hover:text-fg touch:min-h-11"
      >
        <ArrowLeft size={15} aria-hidden />
        <Trans>All users</Trans>
      </Link>
      {isApiError(error, "not_found") || isApiError(error, "invalid_path") ? (
        <Missing />
      ) : error && !user ? (
        <LoadError error={error} onRetry={() => void refetch()} />
      ) : user ? (
        <Loaded user={user} />
      ) : (
        <div aria-busy aria-label={t`Loading`} className="space-y-6">
          <Skeleton className="h-9 w-64 max-w-full" />
          <Skeleton className="h-40 w-full" />
        </div>
      )}
    </>
  );
}

function Loaded({ user }: { user: PlatformUserDetail }) {
  const { t } = useLingui();
  const roles: Record<string, string> = {
    owner: t`Owner`,
    admin: t`Admin`,
    member: t`Member`,
    guest: t`Guest`,
  };
  const when = (at: string | null) => (at ? formatDateTime(at) : t`Never`);
  return (
    <>
      <PageTitle title={user.name || user.email} action={<Actions user={user} />}>
        <UserBadges user={user} />
      </PageTitle>
      <div className="space-y-10">
        <Panel>
          <Facts
            facts={[
              { label: t`E-mail`, value: user.email },
              { label: t`Last seen`, value: when(user.last_seen_at) },
              { label: t`Last login`, value: when(user.last_login_at) },
              { label: t`Since`, value: formatDateTime(user.created_at) },
              {
                label: t`Id`,
                value: <code className="font-mono text-[0.8125rem]">{user.id}</code>,
              },
            ]}
          />
        </Panel>
        <Section title={t`Workspaces`}>
          <Panel>
            {user.workspaces.length === 0 ? (
              <p className="p-5 text-sm text-muted">
                <Trans>They are in no workspace.</Trans>
              </p>
            ) : (
              <ul className="divide-y divide-line">
                {user.workspaces.map((workspace) => (
                  <li key={workspace.id} className="flex items-center gap-3 px-4 py-3 text-sm">
                    <Link
                      href={`/workspaces/${workspace.id}`}
                      className="min-w-0 rounded-sm font-medium break-words hover:underline"
                    >
                      {workspace.name}
                    </Link>
                    {workspace.suspended && (
                      <Badge tone="warning">
                        <Trans>Suspended</Trans>
                      </Badge>
                    )}
                    <span className="flex-1" />
                    <span className="text-muted">{roles[workspace.role] ?? workspace.role}</span>
                  </li>
                ))}
              </ul>
            )}
          </Panel>
        </Section>
        <Section title={t`Signed in`}>
          <Panel>
            {user.live_sessions.length === 0 ? (
              <p className="p-5 text-sm text-muted">
                <Trans>They are signed in nowhere.</Trans>
              </p>
            ) : (
              <ul className="divide-y divide-line">
                {user.live_sessions.map((session) => {
                  const { browser, system } = readUserAgent(session.user_agent);
                  const seen = formatRelative(session.last_used_at);
                  return (
                    <li key={session.id} className="px-4 py-3 text-sm">
                      <span className="flex flex-wrap items-center gap-2 font-medium">
                        {[browser, system].filter(Boolean).join(", ") || t`Unknown device`}
                        {session.impersonation_reason !== null && (
                          <Badge tone="warning">
                            <Trans>An administrator</Trans>
                          </Badge>
                        )}
                      </span>
                      <span className="mt-0.5 block text-[0.8125rem] text-subtle">
                        {session.ip && <span>{session.ip} · </span>}
                        <Trans>last used {seen}</Trans>
                      </span>
                      {session.impersonation_reason && (
                        <span className="mt-0.5 block text-[0.8125rem] break-words text-muted">
                          {session.impersonation_reason}
                        </span>
                      )}
                    </li>
                  );
                })}
              </ul>
            )}
          </Panel>
        </Section>
      </div>
    </>
  );
}

type Step = "disable" | "sessions" | "reset" | "promote" | "demote";

function Actions({ user }: { user: PlatformUserDetail }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [asking, setAsking] = useState<Step | "impersonate" | null>(null);
  const { data: instance } = useQuery(instanceQuery());
  const path = { id: user.id };
  const name = user.name || user.email;
  const steps: Record<
    Step,
    { title: string; text: string; label: string; done: string; run: () => Promise<unknown> }
  > = {
    disable: {
      title: t`Disable ${name}?`,
      text: t`They can't sign in any more, their sessions end now, and their API keys are refused.`,
      label: t`Disable`,
      done: t`${name} is disabled`,
      run: () => disablePlatformUser({ path }),
    },
    sessions: {
      title: t`Sign ${name} out?`,
      text: t`Every browser and app of theirs has to log in again.`,
      label: t`Sign out`,
      done: t`${name} is signed out`,
      run: () => revokePlatformUserSessions({ path }),
    },
    reset: {
      title: t`Make ${name} set a new password?`,
      text:
        instance?.mail === "none"
          ? t`Their password is good for nothing from now on. This installation sends no letters, so they could not set another one: set up a mail server first.`
          : t`Their password is good for nothing from now on and their sessions end. A letter with a link goes to ${user.email}.`,
      label: t`Reset password`,
      done: t`A letter is on its way to ${user.email}`,
      run: () => resetPlatformUserPassword({ path }),
    },
    promote: {
      title: t`Make ${name} an administrator?`,
      text: t`They may do all that you may: see every workspace and user, suspend, delete, and act as others.`,
      label: t`Make administrator`,
      done: t`${name} is an administrator now`,
      run: () => promotePlatformUser({ path }),
    },
    demote: {
      title: t`Take the administration from ${name}?`,
      text: t`They stay a user like everybody else.`,
      label: t`Take it away`,
      done: t`${name} is no administrator any more`,
      run: () => demotePlatformUser({ path }),
    },
  };
  const done = (message: string) => {
    setAsking(null);
    toast.success(message);
    return queries.invalidateQueries({ queryKey: userKeys.all });
  };
  const step = useMutation({
    mutationFn: (wanted: Step) => steps[wanted].run(),
    onSuccess: (_, wanted) => done(steps[wanted].done),
    onError: (error) => {
      setAsking(null);
      if (isApiError(error, "last_administrator")) {
        toast.error(t`This is the only administrator. Make somebody else one first.`);
      } else toastError(error);
    },
  });
  const enable = useMutation({
    mutationFn: () => enablePlatformUser({ path }),
    onSuccess: () => done(t`${name} may sign in again`),
    onError: toastError,
  });
  const icon = { size: 16, "aria-hidden": true } as const;
  const items = (): MenuEntry[] => [
    {
      label: t`Sign out everywhere…`,
      icon: <LogOut {...icon} />,
      onSelect: () => setAsking("sessions"),
    },
    {
      label: t`Reset password…`,
      icon: <KeyRound {...icon} />,
      onSelect: () => setAsking("reset"),
    },
    user.platform_admin
      ? {
          label: t`Take the administration away…`,
          icon: <ShieldOff {...icon} />,
          onSelect: () => setAsking("demote"),
        }
      : {
          label: t`Make administrator…`,
          icon: <ShieldCheck {...icon} />,
          onSelect: () => setAsking("promote"),
        },
    "separator",
    user.disabled_at
      ? {
          label: t`Enable`,
          icon: <UserCheck {...icon} />,
          onSelect: () => enable.mutate(),
        }
      : {
          label: t`Disable…`,
          icon: <UserX {...icon} />,
          danger: true,
          onSelect: () => setAsking("disable"),
        },
  ];
  const confirming = asking !== null && asking !== "impersonate" ? steps[asking] : null;
  return (
    <div className="flex flex-wrap gap-2">
      {!user.platform_admin && !user.disabled_at && (
        <Button onClick={() => setAsking("impersonate")}>
          <Trans>Act as them…</Trans>
        </Button>
      )}
      <MenuButton
        align="end"
        className="inline-flex h-9 items-center gap-2 rounded-md border border-line-strong bg-surface px-3.5 text-sm font-medium shadow-sm hover:bg-hover touch:h-11"
        items={items}
      >
        <Trans>Actions</Trans>
        <ChevronDown size={15} aria-hidden />
      </MenuButton>
      <Suspense fallback={null}>
        {asking === "impersonate" && (
          <ReasonDialog
            title={t`Act as ${name}`}
            hint={t`They and the audit are told.`}
            submit={t`Begin`}
            onSubmit={async (reason) => {
              startSession(await impersonate({ body: { user_id: user.id, reason } }));
              location.assign("/");
            }}
            onClose={() => setAsking(null)}
          >
            <Trans>
              You see what they see, for half an hour at the most. You can't change how they sign
              in, their keys, or who owns what.
            </Trans>
          </ReasonDialog>
        )}
        {confirming && (
          <ConfirmDialog
            title={confirming.title}
            confirmLabel={confirming.label}
            pending={step.isPending}
            onConfirm={() => step.mutate(asking as Step)}
            onClose={() => setAsking(null)}
          >
            {confirming.text}
          </ConfirmDialog>
        )}
      </Suspense>
    </div>
  );
}

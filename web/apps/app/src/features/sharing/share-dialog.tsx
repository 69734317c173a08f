/** With whom a conversation is shared, and how far: people and groups, or everybody in the workspace. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import {
  shareConversation,
  unshareConversation,
  type Conversation,
  type ConversationShare,
} from "@parlance/api";
import { Avatar, Button, IconButton, Input, NativeSelect, Skeleton, toast } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Building2, Link2, Users, X } from "lucide-react";
import { useEffect, useId, useState } from "react";
import { conversationKeys } from "@/features/conversations/queries";
import { useSession } from "@/features/session/use-session";
import { UserAvatar } from "@/features/session/user-avatar";
import { copyText } from "@/lib/copy";
import { toastError } from "@/lib/errors";
import { LoadError } from "@/lib/load-error";
import { withinWorkspace } from "@/lib/places.logic";
import { candidatesQuery, sharesQuery, sharingKeys } from "./queries";
import { moved, named, offered, withEverybody, type Candidate } from "./sharing.logic";

type Access = ConversationShare["access"];
const SEARCH_DELAY_MS = 150;

export default function ShareDialog({
  conversation,
  onClose,
}: {
  conversation: Conversation;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const client = useQueryClient();
  const { id } = conversation;
  const shares = useQuery(sharesQuery(id));
  const everybody = useQuery(candidatesQuery(""));
  const change = useMutation({
    mutationFn: async ({ subject, access }: { subject: string; access: Access | null }) => {
      const path = { id, subject };
      await (access === null
        ? unshareConversation({ path })
        : shareConversation({ path, body: { access } }));
    },
    onError: toastError,
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: sharingKeys.shares(id) }),
        client.invalidateQueries({ queryKey: conversationKeys.detail(id) }),
      ]),
  });
  const set = (subject: string, access: Access | null) => change.mutate({ subject, access });
  // With the workspace in it: whoever opens it may be in another one.
  const workspace = useSession()?.workspace.id ?? "";
  const link = window.location.origin + withinWorkspace(`/c/${id}`, workspace);
  const copyLink = () =>
    copyText(link).then(
      () => toast(t`Link copied`),
      () => toast.error(t`Copying is not allowed in this browser.`),
    );

  const list = shares.data ?? [];
  const alone =
    everybody.data !== undefined &&
    everybody.data.people.length === 0 &&
    everybody.data.groups.length === 0;
  const error = shares.error ?? everybody.error;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t`Share conversation`}
      description={t`Whoever may view it reads it, with what comes later. Whoever may edit it also writes in it, at their own cost.`}
      closeLabel={t`Close`}
      className="max-w-lg!"
      footer={
        <>
          <Button onClick={() => void copyLink()} className="me-auto">
            <Link2 size={15} aria-hidden />
            <Trans>Copy link</Trans>
          </Button>
          <Button variant="primary" onClick={onClose}>
            <Trans>Done</Trans>
          </Button>
        </>
      }
    >
      {error ? (
        <LoadError
          error={error}
          onRetry={() => void Promise.all([shares.refetch(), everybody.refetch()])}
        />
      ) : shares.isPending || everybody.isPending ? (
        <div aria-busy className="space-y-4 py-1">
          <Skeleton className="h-9 w-full" />
          <Skeleton className="h-8 w-3/4" />
          <Skeleton className="h-8 w-2/3" />
        </div>
      ) : alone && list.length === 0 ? (
        <p className="py-3 text-sm text-muted">
          <Trans>
            Nobody else is in this workspace yet. Invite people in the settings, and share with them
            then.
          </Trans>
        </p>
      ) : (
        <div className="space-y-4">
          <Picker shares={list} onPick={({ subject }) => set(subject, "view")} />
          <ul aria-label={t`Shared with`} className="space-y-1">
            <Row
              icon={
                <span className="grid size-8 place-items-center rounded-full bg-hover text-muted">
                  <Building2 size={16} aria-hidden />
                </span>
              }
              name={t`Everyone in the workspace`}
              detail={t`All members except guests`}
              access={withEverybody(list)}
              removable={false}
              onChange={(access) => set("workspace", access)}
            />
            {named(list).map((share) => (
              <Row
                key={share.subject}
                icon={<Face {...share} />}
                name={share.name ?? t`Somebody`}
                detail={share.kind === "group" ? t`Group` : undefined}
                access={share.access}
                removable
                onChange={(access) => set(share.subject, access)}
              />
            ))}
          </ul>
        </div>
      )}
    </Dialog>
  );
}

function Face({ kind, subject, name, avatar_url }: ConversationShare) {
  if (kind === "group") return <GroupFace />;
  return <UserAvatar id={subject} name={name ?? ""} url={avatar_url} size="md" />;
}

function GroupFace() {
  return (
    <span className="grid size-8 place-items-center rounded-full bg-hover text-muted">
      <Users size={16} aria-hidden />
    </span>
  );
}

function Row({
  icon,
  name,
  detail,
  access,
  removable,
  onChange,
}: {
  icon: React.ReactNode;
  name: string;
  detail?: string;
  access: Access | null;
  removable: boolean;
  onChange: (access: Access | null) => void;
}) {
  const { t } = useLingui();
  return (
    <li className="flex items-center gap-3 py-1">
      {icon}
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm">{name}</p>
        {detail && <p className="truncate text-xs text-muted">{detail}</p>}
      </div>
      <NativeSelect
        aria-label={t`Access of ${name}`}
        className="w-auto!"
        value={access ?? ""}
        onChange={(event) => onChange((event.target.value || null) as Access | null)}
      >
        {!removable && <option value="">{t`No access`}</option>}
        <option value="view">{t`Can view`}</option>
        <option value="edit">{t`Can edit`}</option>
      </NativeSelect>
      {removable && (
        <IconButton size="sm" label={t`Remove ${name}`} onClick={() => onChange(null)}>
          <X size={15} aria-hidden />
        </IconButton>
      )}
    </li>
  );
}

/** Finds people and groups by name: a combobox, by the pattern of the ARIA practices. */
function Picker({
  shares,
  onPick,
}: {
  shares: readonly ConversationShare[];
  onPick: (candidate: Candidate) => void;
}) {
  const { t } = useLingui();
  const listId = useId();
  const [text, setText] = useState("");
  const [open, setOpen] = useState(false);
  const [index, setIndex] = useState(-1);
  const [asked, setAsked] = useState("");
  useEffect(() => {
    const timer = setTimeout(() => setAsked(text.trim()), SEARCH_DELAY_MS);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useQuery(candidatesQuery(asked));
  const options = offered(found.data, shares);
  const at = index < options.length ? index : -1;
  const pick = (candidate: Candidate | undefined) => {
    if (!candidate) return;
    onPick(candidate);
    setText("");
    setIndex(-1);
    setOpen(false);
  };
  return (
    <div
      onBlur={(event) => {
        if (!event.currentTarget.contains(event.relatedTarget)) setOpen(false);
      }}
    >
      <Input
        role="combobox"
        aria-label={t`Add people and groups`}
        aria-expanded={open && options.length > 0}
        aria-controls={open && options.length > 0 ? listId : undefined}
        aria-autocomplete="list"
        aria-activedescendant={open && at >= 0 ? `${listId}-${at}` : undefined}
        autoComplete="off"
        placeholder={t`Add people and groups`}
        value={text}
        onFocus={() => setOpen(true)}
        onClick={() => setOpen(true)}
        onChange={(event) => {
          setText(event.target.value);
          setIndex(0);
          setOpen(true);
        }}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" || event.key === "ArrowUp") {
            event.preventDefault();
            setOpen(true);
            setIndex(moved(at, event.key, options.length));
          } else if (event.key === "Enter" && open) {
            event.preventDefault();
            pick(options[at]);
          } else if (event.key === "Escape" && open) {
            // Closes the list first, and the window only then.
            event.preventDefault();
            event.stopPropagation();
            setOpen(false);
          }
        }}
      />
      {open && (
        <div className="mt-1 max-h-52 overflow-y-auto rounded-md border border-line bg-surface p-1">
          {options.length === 0 ? (
            <p role="status" className="px-2 py-2 text-sm text-muted">
              {found.isError ? (
                <Trans>This couldn't be loaded</Trans>
              ) : found.isFetching ? (
                <Trans>Searching…</Trans>
              ) : (
                <Trans>Nobody else is called that.</Trans>
              )}
            </p>
          ) : (
            <div id={listId} role="listbox" aria-label={t`People and groups`}>
              {options.map((candidate, option) => (
                <div
                  key={candidate.subject}
                  id={`${listId}-${option}`}
                  role="option"
                  tabIndex={-1}
                  aria-selected={option === at}
                  onPointerDown={(event) => {
                    event.preventDefault();
                    pick(candidate);
                  }}
                  className="flex min-h-9 cursor-default items-center gap-3 rounded-md px-2 py-1 text-sm hover:bg-hover aria-selected:bg-active touch:min-h-11"
                >
                  {candidate.kind === "group" ? (
                    <GroupFace />
                  ) : (
                    <Avatar id={candidate.subject} name={candidate.name} size="md" />
                  )}
                  <span className="min-w-0 flex-1 truncate">{candidate.name}</span>
                  {candidate.members !== undefined && (
                    <span className="text-xs text-muted">
                      <Plural value={candidate.members} one="# member" other="# members" />
                    </span>
                  )}
                </div>
              ))}
            </div>
          )}
        </div>
      )}
    </div>
  );
}

/** What the workspace knows of its members: the fields, and everybody's values, searched and changed. */
import { Plural, Trans, useLingui } from "@lingui/react/macro";
import { setMemberProfile, type MemberProfile } from "@parlance/api";
import { Button, EmptyState, Input, Skeleton, toast } from "@parlance/ui";
import { Dialog } from "@parlance/ui/dialog";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { ContactRound } from "lucide-react";
import { useDeferredValue, useState, type ReactNode } from "react";
import { usePermission } from "@/features/session/use-session";
import { UserAvatar } from "@/features/session/user-avatar";
import { everybodyQuery } from "@/features/settings/groups/queries";
import { NoPermission } from "@/features/settings/no-permission";
import { Panel, Section, SettingsPage } from "@/features/settings/section";
import { LoadError } from "@/lib/load-error";
import { fieldsOf, shownValue, type Attributes } from "./attributes.logic";
import { AttributesForm } from "./attributes-form";
import { FieldsEditor } from "./fields-editor";
import { memberProfileQuery, profileKeys, profileSchemaQuery, profilesQuery } from "./queries";

interface Person {
  user_id: string;
  name: string;
  email: string;
  avatar_url: string | null;
}

export default function ProfilesPage() {
  const { t } = useLingui();
  const allowed = usePermission("members.manage");
  const mayShape = usePermission("workspace.manage");
  const schema = useQuery(profileSchemaQuery());
  const title = t`Member profiles`;
  if (!allowed) return <NoPermission title={title} />;
  return (
    <SettingsPage
      title={title}
      intro={t`What you would like to know of everybody in this workspace, such as department, office or phone number.`}
    >
      {mayShape && (
        <Section
          title={t`Fields`}
          description={t`Members fill them in on their own profile; administrators can as well.`}
        >
          {schema.error && schema.data === undefined ? (
            <Panel>
              <LoadError error={schema.error} onRetry={() => void schema.refetch()} />
            </Panel>
          ) : schema.data === undefined ? (
            <Skeleton className="h-24 w-full" />
          ) : (
            <FieldsEditor key={JSON.stringify(schema.data)} schema={schema.data} />
          )}
        </Section>
      )}
      <People schema={schema.data ?? null} />
    </SettingsPage>
  );
}

function People({ schema }: { schema: Attributes | null }) {
  const { t } = useLingui();
  const [text, setText] = useState("");
  const search = useDeferredValue(text.trim());
  const found = useInfiniteQuery(profilesQuery(search));
  const everybody = useQuery(everybodyQuery());
  const [open, setOpen] = useState<Person>();
  const rows = found.data?.pages.flatMap((page) => page.data);
  const known = new Set(rows?.map(({ user_id }) => user_id));
  // Nobody's values are left out of a search; without one, those who have none yet come last.
  const blank: Person[] =
    search || found.hasNextPage || !rows
      ? []
      : (everybody.data ?? []).filter(({ user_id }) => !known.has(user_id));
  const error = found.error ?? everybody.error;
  return (
    <Section title={t`People`}>
      <Input
        type="search"
        aria-label={t`Search in profiles`}
        placeholder={t`Search in profiles`}
        value={text}
        onChange={({ target }) => setText(target.value)}
        className="mb-3 max-w-md"
      />
      <Panel>
        {error && !rows ? (
          <LoadError
            error={error}
            onRetry={() => void Promise.all([found.refetch(), everybody.refetch()])}
          />
        ) : !rows ? (
          <div aria-busy className="space-y-2 px-4 py-3.5">
            <Skeleton className="h-4 w-40" />
            <Skeleton className="h-3 w-64 max-w-full" />
          </div>
        ) : rows.length + blank.length === 0 ? (
          <EmptyState icon={<ContactRound size={20} />} title={t`Nobody found`}>
            <Trans>No value in anybody's profile is like that.</Trans>
          </EmptyState>
        ) : (
          <ul aria-label={t`People`} className="divide-y divide-line">
            {rows.map((profile) => (
              <Row key={profile.user_id} person={profile} onOpen={() => setOpen(profile)}>
                <Summary schema={schema} profile={profile} />
              </Row>
            ))}
            {blank.map((person) => (
              <Row key={person.user_id} person={person} onOpen={() => setOpen(person)}>
                <Trans>Nothing yet</Trans>
              </Row>
            ))}
          </ul>
        )}
        {found.hasNextPage && (
          <div className="border-t border-line px-4 py-3">
            <Button
              size="sm"
              pending={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              <Trans>Show more</Trans>
            </Button>
          </div>
        )}
      </Panel>
      {open && <ProfileDialog schema={schema} person={open} onClose={() => setOpen(undefined)} />}
    </Section>
  );
}

function Row({
  person,
  onOpen,
  children,
}: {
  person: Person;
  onOpen: () => void;
  children: ReactNode;
}) {
  const { t } = useLingui();
  const name = person.name || person.email;
  return (
    <li className="flex items-center gap-3 px-4 py-3">
      <UserAvatar id={person.user_id} name={name} url={person.avatar_url} size="lg" />
      <div className="min-w-0 flex-1">
        <p className="truncate text-sm font-medium">{name}</p>
        <p className="truncate text-[0.8125rem] text-subtle">{children}</p>
      </div>
      <Button size="sm" onClick={onOpen} aria-label={t`Edit the profile of ${name}`}>
        <Trans>Edit</Trans>
      </Button>
    </li>
  );
}

function Summary({ schema, profile }: { schema: Attributes | null; profile: MemberProfile }) {
  const attributes = profile.attributes as Attributes;
  if (profile.faults.length > 0) {
    return (
      <span className="text-warning">
        <Plural
          value={profile.faults.length}
          one="# field does not fit any more"
          other="# fields do not fit any more"
        />
      </span>
    );
  }
  const shown = fieldsOf(schema, attributes)
    .filter(({ name, kind }) => name in attributes && kind !== "json")
    .map((field) => `${field.label}: ${shownValue(field, attributes[field.name])}`);
  return shown.length > 0 ? shown.join(" · ") : <Trans>Nothing yet</Trans>;
}

function ProfileDialog({
  schema,
  person,
  onClose,
}: {
  schema: Attributes | null;
  person: Person;
  onClose: () => void;
}) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const profile = useQuery(memberProfileQuery(person.user_id));
  const fields = profile.data ? fieldsOf(schema, profile.data.attributes as Attributes) : undefined;
  return (
    <Dialog
      open
      strict
      onOpenChange={(next) => !next && onClose()}
      title={person.name || person.email}
      description={person.name ? person.email : undefined}
      closeLabel={t`Close`}
    >
      <div className="pb-3">
        {profile.error && !profile.data ? (
          <LoadError error={profile.error} onRetry={() => void profile.refetch()} />
        ) : !profile.data || !fields ? (
          <Skeleton className="h-24 w-full" />
        ) : fields.length === 0 ? (
          <p className="text-sm text-muted">
            <Trans>There are no fields yet. Add some to fill in here.</Trans>
          </p>
        ) : (
          <AttributesForm
            schema={schema}
            profile={profile.data}
            onSave={async (attributes) => {
              await setMemberProfile({ path: { user_id: person.user_id }, body: { attributes } });
              await queries.invalidateQueries({ queryKey: profileKeys.all });
              toast.success(t`Profile saved`);
              onClose();
            }}
          />
        )}
      </div>
    </Dialog>
  );
}

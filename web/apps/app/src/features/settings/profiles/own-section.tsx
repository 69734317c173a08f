/** What the workspace asks of its members, on one's own profile; nothing where it asks nothing. */
import { useLingui } from "@lingui/react/macro";
import { setOwnProfile } from "@parlance/api";
import { toast } from "@parlance/ui";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useSession } from "@/features/session/use-session";
import { Section } from "../section";
import { fieldsOf, type Attributes } from "./attributes.logic";
import { AttributesForm } from "./attributes-form";
import { ownProfileQuery, profileKeys, profileSchemaQuery } from "./queries";

export function OwnAttributes() {
  const { t } = useLingui();
  const queries = useQueryClient();
  const session = useSession();
  const workspace = session?.workspace.name ?? "";
  const schema = useQuery(profileSchemaQuery());
  const own = useQuery(ownProfileQuery());
  if (schema.data === undefined || !own.data) return null;
  if (fieldsOf(schema.data, own.data.attributes as Attributes).length === 0) return null;
  return (
    <Section
      title={t`In ${workspace}`}
      description={t`What this workspace would like to know. Its members can see it.`}
    >
      <AttributesForm
        key={session?.workspace.id}
        schema={schema.data}
        profile={own.data}
        onSave={async (attributes) => {
          const next = await setOwnProfile({ body: { attributes } });
          queries.setQueryData(profileKeys.own, next);
          toast.success(t`Profile saved`);
        }}
      />
    </Section>
  );
}

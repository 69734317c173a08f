import { Trans, useLingui } from "@lingui/react/macro";
import {
  ApiError,
  deleteSso,
  isApiError,
  setSaml,
  setSso,
  testSso,
  type Role,
  type RoleMapping,
  type SamlService,
  type SsoConnection,
  type SsoTest,
} from "@parlance/api";
import {
  Button,
  Field,
  IconButton,
  Input,
  NativeSelect,
  Notice,
  Textarea,
  toast,
} from "@parlance/ui";
import { Checkbox } from "@parlance/ui/choice";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { lazy, Suspense, useState, type FormEvent } from "react";
import { errorMessage, toastError } from "@/lib/errors";
import { useFocusFault } from "@/lib/use-focus-fault";
import { useRoleNames } from "../workspace/use-role-names";
import { ssoQuery } from "./queries";
import { ShownText } from "./shown-text";

const ConfirmDialog = lazy(() => import("@/lib/confirm-dialog"));
const ROLES: Role[] = ["guest", "member", "admin"];

export function ConnectionForm({
  connection,
  hasDomain,
  redirectUri,
  saml,
}: {
  connection: SsoConnection | null;
  hasDomain: boolean;
  redirectUri: string;
  saml: SamlService;
}) {
  const { t } = useLingui();
  const roles = useRoleNames();
  const queries = useQueryClient();
  const { form: formElement, focusFault } = useFocusFault();
  const [values, setValues] = useState({
    name: connection?.name ?? "",
    issuer: connection?.saml ? "" : (connection?.issuer ?? ""),
    metadata: "",
    metadata_url: connection?.saml?.metadata_url ?? "",
    client_id: connection?.client_id ?? "",
    client_secret: "",
    scopes: connection && !connection.saml ? connection.scopes.join(" ") : "email profile",
    email: connection?.claims.email ?? "email",
    claim_name: connection?.claims.name ?? "name",
    groups: connection?.claims.groups ?? "groups",
  });
  const [protocol, setProtocol] = useState<"oidc" | "saml">(connection?.saml ? "saml" : "oidc");
  const isSaml = protocol === "saml";
  // What is set is of the protocol that is shown.
  const known = connection !== null && (connection.saml !== null) === isSaml ? connection : null;
  const [role, setRole] = useState<Role>(connection?.default_role ?? "member");
  const [mapping, setMapping] = useState<RoleMapping[]>(connection?.role_mapping ?? []);
  const [enabled, setEnabled] = useState(connection?.enabled ?? true);
  const [enforced, setEnforced] = useState(connection?.enforced ?? false);
  const [secondFactor, setSecondFactor] = useState(connection?.second_factor ?? false);
  const [checked, setChecked] = useState(false);
  const [refused, setRefused] = useState<Record<string, string>>({});
  const [removing, setRemoving] = useState(false);
  const [found, setFound] = useState<SsoTest | string | null>(null);

  const own = () => {
    const faults: Record<string, string> = {};
    const required = t`This is required.`;
    if (!values.name.trim()) faults.name = required;
    if (isSaml) {
      if (!known && !values.metadata.trim() && !values.metadata_url.trim()) {
        faults.metadata_url = t`Give the address of the metadata, or paste the metadata.`;
      }
    } else {
      if (!values.issuer.trim()) faults.issuer = required;
      if (!values.client_id.trim()) faults.client_id = required;
      const moved = values.issuer.trim() !== known?.issuer;
      if (moved && !values.client_secret.trim()) {
        faults.client_secret = known
          ? t`Give the secret again: it is never sent to another address by itself.`
          : required;
      }
    }
    if (!values.email.trim()) faults["claims.email"] = required;
    return faults;
  };
  const faults = checked ? own() : {};
  const errorAt = (path: string) => faults[path] ?? refused[path];

  const save = useMutation({
    mutationFn: () => {
      const common = {
        name: values.name.trim(),
        claims: {
          email: values.email.trim(),
          name: values.claim_name.trim() || "name",
          groups: values.groups.trim() || "groups",
        },
        default_role: role,
        role_mapping: mapping
          .map((one) => ({ ...one, group: one.group.trim() }))
          .filter(({ group }) => group),
        enabled,
        enforced: enabled && enforced,
        second_factor: secondFactor,
      };
      if (isSaml) {
        const pasted = values.metadata.trim();
        const url = values.metadata_url.trim();
        return setSaml({
          body: {
            ...common,
            ...(pasted ? { metadata: pasted } : url ? { metadata_url: url } : {}),
          },
        });
      }
      return setSso({
        body: {
          ...common,
          issuer: values.issuer.trim(),
          client_id: values.client_id.trim(),
          ...(values.client_secret.trim() ? { client_secret: values.client_secret.trim() } : {}),
          scopes: values.scopes.split(/\s+/).filter(Boolean),
        },
      });
    },
    onSuccess: (settings) => {
      queries.setQueryData(ssoQuery().queryKey, settings);
      toast.success(t`Single sign-on saved`);
    },
    onError: (error) => {
      const fields = error instanceof ApiError ? error.errors : [];
      if (isSaml && isApiError(error, "identity_provider_failed")) {
        // What is wrong with the metadata is the server's to say.
        const place = values.metadata.trim() ? "metadata" : "metadata_url";
        setRefused({ [place]: error.detail ?? errorMessage(error) });
        return focusFault();
      }
      if (fields.length === 0) toastError(error);
      setRefused(
        Object.fromEntries(
          fields.map(({ field, message }) => [
            field.replace(/^role_mapping.*/, "mapping"),
            message,
          ]),
        ),
      );
      focusFault();
    },
  });
  const test = useMutation({
    mutationFn: () => testSso(),
    onSuccess: setFound,
    onError: (error) =>
      setFound((error instanceof ApiError && error.detail) || errorMessage(error)),
  });
  const remove = useMutation({
    mutationFn: () => deleteSso(),
    onSuccess: () => {
      toast.success(t`Single sign-on deleted`);
      return queries.invalidateQueries(ssoQuery());
    },
    onError: toastError,
    onSettled: () => setRemoving(false),
  });

  const submit = (event: FormEvent) => {
    event.preventDefault();
    setChecked(true);
    setRefused({});
    if (Object.keys(own()).length > 0) return focusFault();
    save.mutate();
  };
  const input = (name: keyof typeof values) => ({
    value: values[name],
    onChange: (event: { target: { value: string } }) =>
      setValues({ ...values, [name]: event.target.value }),
  });

  return (
    <form
      ref={formElement}
      noValidate
      autoComplete="off"
      onSubmit={submit}
      className="max-w-xl space-y-5"
    >
      <Field label={t`Name`} hint={t`What people read on the button.`} error={errorAt("name")}>
        {(control) => <Input {...control} {...input("name")} placeholder="Acme" />}
      </Field>
      <Field label={t`Protocol`} error={undefined}>
        {(control) => (
          <NativeSelect
            {...control}
            value={protocol}
            onChange={(event) => {
              setProtocol(event.target.value as "oidc" | "saml");
              setChecked(false);
              setRefused({});
              setFound(null);
            }}
          >
            <option value="oidc">OpenID Connect</option>
            <option value="saml">SAML 2.0</option>
          </NativeSelect>
        )}
      </Field>
      {isSaml ? (
        <>
          <div className="space-y-3">
            <ShownText
              name={t`Entity ID and address of our metadata`}
              text={saml.entity_id}
              button={t`Copy the entity ID`}
            />
            <ShownText
              name={t`Where answers go (ACS, HTTP-POST)`}
              text={saml.acs_url}
              button={t`Copy the address for answers`}
            />
          </div>
          {known && (
            <p className="text-sm text-muted">
              <Trans>
                Set: <span className="break-all">{known.issuer}</span>. Without new metadata it
                stays as it is.
              </Trans>
            </p>
          )}
          <Field
            label={t`Address of the provider's metadata`}
            hint={t`It is read once, when you save.`}
            error={errorAt("metadata_url")}
          >
            {(control) => (
              <Input
                {...control}
                {...input("metadata_url")}
                type="url"
                inputMode="url"
                placeholder="https://login.example.com/saml/metadata"
              />
            )}
          </Field>
          <Field label={t`Or the metadata itself (XML)`} error={errorAt("metadata")}>
            {(control) => (
              <Textarea
                {...control}
                {...input("metadata")}
                rows={4}
                spellCheck={false}
                className="font-mono text-[0.8125rem]"
              />
            )}
          </Field>
        </>
      ) : (
        <>
          <ShownText
            name={t`Redirect URI to register`}
            text={redirectUri}
            button={t`Copy the redirect URI`}
          />
          <Field label={t`Issuer`} error={errorAt("issuer")}>
            {(control) => (
              <Input
                {...control}
                {...input("issuer")}
                type="url"
                inputMode="url"
                placeholder="https://login.example.com"
              />
            )}
          </Field>
          <div className="grid gap-x-4 gap-y-5 sm:grid-cols-2">
            <Field label={t`Client ID`} error={errorAt("client_id")}>
              {(control) => <Input {...control} {...input("client_id")} />}
            </Field>
            <Field
              label={t`Client secret`}
              aside={known ? t`Kept as it is` : undefined}
              error={errorAt("client_secret")}
            >
              {(control) => (
                <Input
                  {...control}
                  {...input("client_secret")}
                  type="password"
                  autoComplete="new-password"
                  placeholder={known ? "••••••••" : undefined}
                />
              )}
            </Field>
          </div>
        </>
      )}
      <details className="rounded-md border border-line px-4 py-3">
        <summary className="cursor-pointer text-sm font-medium">
          {isSaml ? <Trans>Attributes</Trans> : <Trans>Scopes and claims</Trans>}
        </summary>
        <div className="mt-4 grid gap-x-4 gap-y-5 sm:grid-cols-2">
          {!isSaml && (
            <Field label={t`Scopes`} hint={t`Besides openid.`} error={errorAt("scopes")}>
              {(control) => <Input {...control} {...input("scopes")} />}
            </Field>
          )}
          <Field
            label={isSaml ? t`Attribute of the e-mail address` : t`Claim of the e-mail address`}
            hint={isSaml ? t`Without it, a NameID that is an address does.` : undefined}
            error={errorAt("claims.email")}
          >
            {(control) => <Input {...control} {...input("email")} />}
          </Field>
          <Field
            label={isSaml ? t`Attribute of the name` : t`Claim of the name`}
            error={errorAt("claims.name")}
          >
            {(control) => <Input {...control} {...input("claim_name")} />}
          </Field>
          <Field
            label={isSaml ? t`Attribute of the groups` : t`Claim of the groups`}
            error={errorAt("claims.groups")}
          >
            {(control) => <Input {...control} {...input("groups")} />}
          </Field>
        </div>
      </details>
      <Field
        label={t`Role of new members`}
        hint={t`Who signs in for the first time becomes a member by themselves.`}
        error={errorAt("default_role")}
      >
        {(control) => (
          <NativeSelect
            {...control}
            value={role}
            onChange={(event) => setRole(event.target.value as Role)}
          >
            {ROLES.map((one) => (
              <option key={one} value={one}>
                {roles[one]}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      <fieldset className="min-w-0">
        <legend className="text-sm font-medium">
          <Trans>Roles by group</Trans>
        </legend>
        <p className="mt-0.5 mb-2 text-[0.8125rem] text-subtle">
          <Trans>With any, roles follow the provider's groups at each sign-in.</Trans>
        </p>
        <ul className="space-y-2">
          {mapping.map((one, index) => (
            // Rows have no identity but their place.
            <li key={index} className="flex items-center gap-2">
              <Input
                aria-label={t`Group`}
                value={one.group}
                onChange={(event) =>
                  setMapping(mapping.with(index, { ...one, group: event.target.value }))
                }
              />
              <NativeSelect
                aria-label={t`Role`}
                value={one.role}
                onChange={(event) =>
                  setMapping(mapping.with(index, { ...one, role: event.target.value as Role }))
                }
              >
                {ROLES.map((each) => (
                  <option key={each} value={each}>
                    {roles[each]}
                  </option>
                ))}
              </NativeSelect>
              <IconButton
                label={t`Remove the group`}
                onClick={() => setMapping(mapping.filter((_, at) => at !== index))}
              >
                <Trash2 size={16} />
              </IconButton>
            </li>
          ))}
        </ul>
        {errorAt("mapping") && (
          <p role="alert" className="mt-1.5 text-[0.8125rem] text-danger">
            {errorAt("mapping")}
          </p>
        )}
        <Button
          size="sm"
          className="mt-2"
          onClick={() => setMapping([...mapping, { group: "", role: "member" }])}
        >
          <Plus size={16} aria-hidden />
          <Trans>Add a group</Trans>
        </Button>
      </fieldset>
      <div className="space-y-3">
        <Checkbox
          label={t`On`}
          hint={t`Off, nobody signs in with it and nobody connects it.`}
          checked={enabled}
          onChange={(event) => setEnabled(event.target.checked)}
        />
        <Checkbox
          label={t`Required`}
          hint={
            hasDomain
              ? t`Members with an address of your domains sign in here and nowhere else. Owners keep their password.`
              : t`Verify a domain below first.`
          }
          disabled={!enabled || (!hasDomain && !enforced)}
          checked={enabled && enforced}
          onChange={(event) => setEnforced(event.target.checked)}
        />
        {errorAt("enforced") && (
          <p role="alert" className="text-[0.8125rem] text-danger">
            {errorAt("enforced")}
          </p>
        )}
        <Checkbox
          label={t`The provider asks for a second factor`}
          hint={t`Then Parlance asks for one of its own only where somebody also has a password here.`}
          checked={secondFactor}
          onChange={(event) => setSecondFactor(event.target.checked)}
        />
      </div>
      <div role="status" className="empty:hidden">
        {typeof found === "string" ? (
          <Notice tone="danger" title={t`The test failed`}>
            {found}
          </Notice>
        ) : (
          found && (
            <Notice title={t`The provider answers`}>
              <Trans>
                It signs with {found.signing_keys} keys. People are sent to{" "}
                <span className="break-all">{found.authorization_endpoint}</span>.
              </Trans>
            </Notice>
          )
        )}
      </div>
      <div className="flex flex-wrap gap-3">
        <Button type="submit" variant="primary" pending={save.isPending}>
          <Trans>Save</Trans>
        </Button>
        {known && (
          <>
            <Button pending={test.isPending} onClick={() => test.mutate()}>
              <Trans>Test</Trans>
            </Button>
            <Button variant="danger-ghost" onClick={() => setRemoving(true)}>
              <Trans>Delete</Trans>
            </Button>
          </>
        )}
      </div>
      {removing && (
        <Suspense fallback={null}>
          <ConfirmDialog
            title={t`Delete single sign-on?`}
            confirmLabel={t`Delete`}
            pending={remove.isPending}
            onConfirm={() => remove.mutate()}
            onClose={() => setRemoving(false)}
          >
            <Trans>
              Nobody signs in with it any more. Members stay members; who has no password sets one
              with “Forgot your password?”.
            </Trans>
          </ConfirmDialog>
        </Suspense>
      )}
    </form>
  );
}

/** The workspace's own fields, a row for each; as JSON Schema where rows can't say it. */
import { Trans, useLingui } from "@lingui/react/macro";
import { ApiError, setProfileSchema } from "@parlance/api";
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
import { useQueryClient } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useState } from "react";
import { Panel } from "@/features/settings/section";
import { toastError } from "@/lib/errors";
import {
  KINDS,
  rowFault,
  rowsOf,
  schemaOf,
  type Attributes,
  type FieldRow,
  type Kind,
} from "./attributes.logic";
import { profileKeys } from "./queries";

const pretty = (schema: Attributes | null) => JSON.stringify(schema ?? schemaOf([]), null, 2);

export function FieldsEditor({ schema }: { schema: Attributes | null }) {
  const { t } = useLingui();
  const queries = useQueryClient();
  const [rows, setRows] = useState<FieldRow[] | null>(() => rowsOf(schema));
  const [source, setSource] = useState(() => pretty(schema));
  const [problem, setProblem] = useState<string | null>(null);
  const [checked, setChecked] = useState(false);
  const [pending, setPending] = useState(false);
  const dirty =
    rows === null
      ? source !== pretty(schema)
      : JSON.stringify(rows) !== JSON.stringify(rowsOf(schema));

  /** What is to be sent; undefined: something is wrong, and said. */
  const read = (): Attributes | null | undefined => {
    if (rows !== null) {
      setChecked(true);
      if (rows.some((row) => rowFault(row, rows) !== null)) return undefined;
      return rows.length > 0 ? schemaOf(rows) : null;
    }
    try {
      const value: unknown = source.trim() === "" ? null : JSON.parse(source);
      if (typeof value === "object" && !Array.isArray(value)) return value as Attributes | null;
    } catch {
      // Said below.
    }
    setProblem(t`This is no JSON object.`);
    return undefined;
  };

  const save = async () => {
    setProblem(null);
    const next = read();
    if (next === undefined) return;
    setPending(true);
    try {
      const { not_following } = await setProfileSchema({ body: { schema: next } });
      toast.success(
        not_following > 0
          ? t`Fields saved. Members whose profile doesn't fit: ${not_following}`
          : t`Fields saved`,
      );
      await queries.invalidateQueries({ queryKey: profileKeys.all });
    } catch (error) {
      const told = error instanceof ApiError ? error.errors[0]?.message : undefined;
      if (told) setProblem(told);
      else toastError(error);
    } finally {
      setPending(false);
    }
  };

  const asRows = () => {
    try {
      const simple = rowsOf(JSON.parse(source) as Attributes);
      if (simple) {
        setProblem(null);
        setRows(simple);
        return;
      }
    } catch {
      // Said below.
    }
    setProblem(t`This says more than the simple editor can show.`);
  };

  return (
    <Panel>
      {rows === null ? (
        <div className="px-4 py-4">
          <Field
            label={t`JSON Schema`}
            hint={t`Draft 2020-12, without references to other documents.`}
            error={problem}
          >
            {(control) => (
              <Textarea
                {...control}
                rows={12}
                spellCheck={false}
                value={source}
                onChange={({ target }) => setSource(target.value)}
                className="font-mono text-[0.8125rem]"
              />
            )}
          </Field>
        </div>
      ) : (
        <>
          {problem && (
            <div className="px-4 pt-4">
              <Notice tone="danger">{problem}</Notice>
            </div>
          )}
          {rows.length === 0 ? (
            <p className="px-4 py-4 text-sm text-muted">
              <Trans>No fields yet. Profiles are a name, an address and a picture.</Trans>
            </p>
          ) : (
            <ul aria-label={t`Fields`} className="divide-y divide-line">
              {rows.map((row, place) => (
                <Row
                  // Rows have no name of their own until they are saved.
                  // oxlint-disable-next-line no-array-index-key
                  key={place}
                  row={row}
                  fault={checked ? rowFault(row, rows) : null}
                  onChange={(next) => setRows(rows.with(place, next))}
                  onRemove={() => setRows(rows.toSpliced(place, 1))}
                />
              ))}
            </ul>
          )}
        </>
      )}
      <div className="flex flex-wrap items-center gap-2 border-t border-line px-4 py-3">
        {rows !== null && (
          <Button
            size="sm"
            onClick={() =>
              setRows([...rows, { name: "", kind: "text", options: "", required: false }])
            }
          >
            <Plus size={15} aria-hidden />
            <Trans>Add a field</Trans>
          </Button>
        )}
        <Button
          size="sm"
          variant="ghost"
          onClick={() => {
            if (rows === null) return asRows();
            setProblem(null);
            setSource(pretty(rows.length > 0 ? schemaOf(rows) : schema));
            setRows(null);
          }}
        >
          {rows === null ? <Trans>Edit as fields</Trans> : <Trans>Edit as JSON Schema</Trans>}
        </Button>
        <span className="flex-1" />
        <Button
          size="sm"
          variant="primary"
          pending={pending}
          disabled={!dirty}
          onClick={() => void save()}
        >
          <Trans>Save fields</Trans>
        </Button>
      </div>
    </Panel>
  );
}

function Row({
  row,
  fault,
  onChange,
  onRemove,
}: {
  row: FieldRow;
  fault: ReturnType<typeof rowFault>;
  onChange: (row: FieldRow) => void;
  onRemove: () => void;
}) {
  const { t } = useLingui();
  const kinds: Record<Kind, string> = {
    text: t`Text`,
    choice: t`Choice`,
    number: t`Number`,
    integer: t`Whole number`,
    yes_no: t`Yes or no`,
    date: t`Date`,
  };
  const nameFault =
    fault === "name"
      ? t`Give the field a name.`
      : fault === "same_name"
        ? t`There is a field of this name already.`
        : undefined;
  return (
    <li className="grid grid-cols-[1fr_auto] gap-x-3 gap-y-3 px-4 py-4 sm:grid-cols-[1fr_11rem_auto]">
      <Field label={t`Field`} error={nameFault}>
        {(control) => (
          <Input
            {...control}
            value={row.name}
            placeholder={t`Department`}
            autoComplete="off"
            maxLength={80}
            onChange={({ target }) => onChange({ ...row, name: target.value })}
          />
        )}
      </Field>
      <Field label={t`Kind`} className="max-sm:order-3">
        {(control) => (
          <NativeSelect
            {...control}
            value={row.kind}
            onChange={({ target }) => onChange({ ...row, kind: target.value as Kind })}
          >
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {kinds[kind]}
              </option>
            ))}
          </NativeSelect>
        )}
      </Field>
      <IconButton label={t`Remove the field ${row.name}`} onClick={onRemove} className="mt-6.5">
        <X size={16} aria-hidden />
      </IconButton>
      {row.kind === "choice" && (
        <Field
          label={t`Choices`}
          hint={t`With commas between them.`}
          error={fault === "options" && t`Give at least one choice.`}
          className="col-span-full max-sm:order-4"
        >
          {(control) => (
            <Input
              {...control}
              value={row.options}
              placeholder={t`Sales, Research`}
              autoComplete="off"
              onChange={({ target }) => onChange({ ...row, options: target.value })}
            />
          )}
        </Field>
      )}
      <div className="col-span-full max-sm:order-5">
        <Checkbox
          label={t`Required`}
          checked={row.required}
          onChange={({ target }) => onChange({ ...row, required: target.checked })}
        />
      </div>
    </li>
  );
}

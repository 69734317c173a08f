/** A member's attributes, a control for each. */
import { Trans, useLingui } from "@lingui/react/macro";
import { ApiError, type MemberProfile } from "@parlance/api";
import {
  Button,
  Field,
  Input,
  NativeSelect,
  Notice,
  Textarea,
  type ControlProps,
} from "@parlance/ui";
import { useState, type FormEvent } from "react";
import { toastError } from "@/lib/errors";
import {
  fieldsOf,
  readValue,
  shownValue,
  type AttributeField,
  type Attributes,
} from "./attributes.logic";

type Errors = Record<string, string>;

/** What the server says, by field; "" is what is said of no field. */
function faultsOf(
  fields: readonly AttributeField[],
  faults: readonly { field: string; message: string }[],
): Errors {
  const errors: Errors = {};
  for (const { field: path, message } of faults) {
    const at = fields.find(({ name }) => `${path}.`.startsWith(`attributes.${name}.`));
    errors[at?.name ?? ""] ??= message;
  }
  return errors;
}

export function AttributesForm({
  schema,
  profile,
  onSave,
}: {
  schema: Attributes | null;
  profile: MemberProfile;
  /** Throws what the server says. */
  onSave: (attributes: Attributes) => Promise<void>;
}) {
  const { t } = useLingui();
  const stored = profile.attributes as Attributes;
  const fields = fieldsOf(schema, stored);
  const [typed, setTyped] = useState<Record<string, string>>({});
  const [errors, setErrors] = useState<Errors>(() => faultsOf(fields, profile.faults));
  const [pending, setPending] = useState(false);
  const textOf = (field: AttributeField) =>
    typed[field.name] ?? shownValue(field, stored[field.name]);

  const send = async (event: FormEvent) => {
    event.preventDefault();
    const attributes: Attributes = {};
    const wrong: Errors = {};
    for (const field of fields) {
      try {
        const value = readValue(field, textOf(field));
        if (value !== undefined) attributes[field.name] = value;
        else if (field.required) wrong[field.name] = t`This is required.`;
      } catch {
        wrong[field.name] =
          field.kind === "json" ? t`This is no valid JSON.` : t`This is no number.`;
      }
    }
    setErrors(wrong);
    if (Object.keys(wrong).length > 0) return;
    setPending(true);
    try {
      await onSave(attributes);
      setTyped({});
    } catch (error) {
      if (error instanceof ApiError && error.errors.length > 0) {
        setErrors(faultsOf(fields, error.errors));
      } else toastError(error);
    } finally {
      setPending(false);
    }
  };

  return (
    <form onSubmit={(event) => void send(event)} noValidate className="max-w-md space-y-5">
      {errors[""] && <Notice tone="danger">{errors[""]}</Notice>}
      {fields.map((field) => (
        <Field
          key={field.name}
          label={field.label}
          hint={field.hint}
          error={errors[field.name]}
          aside={!field.required && t`optional`}
        >
          {(control) => (
            <Control
              field={field}
              control={control}
              value={textOf(field)}
              onChange={(value) => setTyped((before) => ({ ...before, [field.name]: value }))}
            />
          )}
        </Field>
      ))}
      <Button
        type="submit"
        variant="primary"
        pending={pending}
        disabled={Object.keys(typed).length === 0}
      >
        <Trans>Save</Trans>
      </Button>
    </form>
  );
}

const INPUT_TYPES: Partial<Record<AttributeField["kind"], string>> = {
  date: "date",
  email: "email",
  url: "url",
};

function Control({
  field,
  control,
  value,
  onChange,
}: {
  field: AttributeField;
  control: ControlProps;
  value: string;
  onChange: (value: string) => void;
}) {
  const { t } = useLingui();
  const shared = {
    ...control,
    value,
    onChange: ({ target }: { target: { value: string } }) => onChange(target.value),
  };
  switch (field.kind) {
    case "choice":
    case "yes_no":
      return (
        <NativeSelect {...shared}>
          <option value="">{t`Not set`}</option>
          {field.kind === "yes_no" ? (
            <>
              <option value="true">{t`Yes`}</option>
              <option value="false">{t`No`}</option>
            </>
          ) : (
            field.options.map((option) => <option key={option}>{option}</option>)
          )}
        </NativeSelect>
      );
    case "json":
      return <Textarea {...shared} rows={4} spellCheck={false} className="font-mono text-sm" />;
    case "number":
    case "integer":
      return <Input {...shared} inputMode={field.kind === "integer" ? "numeric" : "decimal"} />;
    default:
      return <Input {...shared} type={INPUT_TYPES[field.kind] ?? "text"} autoComplete="off" />;
  }
}

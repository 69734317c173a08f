/**
 * Fields out of a workspace's JSON Schema, and attributes out of what was typed into them. What the schema says
 * of simple values becomes a control of its own; anything else is shown as JSON.
 */
export type Attributes = Record<string, unknown>;

export const KINDS = ["text", "choice", "number", "integer", "yes_no", "date"] as const;
export type Kind = (typeof KINDS)[number];

export interface AttributeField {
  name: string;
  label: string;
  kind: Kind | "email" | "url" | "json";
  options: readonly string[];
  required: boolean;
  hint: string | undefined;
}

/** One row of the editor of fields. */
export interface FieldRow {
  name: string;
  kind: Kind;
  /** Between commas, for a choice. */
  options: string;
  required: boolean;
}

const isObject = (value: unknown): value is Attributes =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string");

function kindOf(rule: Attributes): AttributeField["kind"] {
  if (isTexts(rule.enum)) return "choice";
  switch (rule.type) {
    case "string":
      if (rule.format === "date") return "date";
      if (rule.format === "email") return "email";
      return rule.format === "uri" ? "url" : "text";
    case "number":
    case "integer":
      return rule.type;
    case "boolean":
      return "yes_no";
    default:
      return "json";
  }
}

function kindOfValue(value: unknown): AttributeField["kind"] {
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  return typeof value === "boolean" ? "yes_no" : "json";
}

const text = (value: unknown) => (typeof value === "string" ? value : undefined);

/** The schema's fields, then those that are there without it. */
export function fieldsOf(schema: Attributes | null, attributes: Attributes): AttributeField[] {
  const properties = isObject(schema?.properties) ? schema.properties : {};
  const required = isTexts(schema?.required) ? schema.required : [];
  const fields = Object.entries(properties).map(([name, rule]): AttributeField => {
    const known = isObject(rule) ? rule : {};
    return {
      name,
      label: text(known.title) ?? name,
      kind: kindOf(known),
      options: isTexts(known.enum) ? known.enum : [],
      required: required.includes(name),
      hint: text(known.description),
    };
  });
  for (const [name, value] of Object.entries(attributes)) {
    if (name in properties) continue;
    const kind = kindOfValue(value);
    fields.push({ name, label: name, kind, options: [], required: false, hint: undefined });
  }
  return fields;
}

/** What a control shows. */
export function shownValue(field: AttributeField, value: unknown): string {
  if (value === undefined || value === null) return "";
  if (field.kind === "json") return JSON.stringify(value, null, 2);
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The value of what was typed; undefined: none. Throws where it is no value of the kind. */
export function readValue(field: AttributeField, typed: string): unknown {
  if (typed.trim() === "") return undefined;
  switch (field.kind) {
    case "number":
    case "integer": {
      const value = Number(typed);
      if (!Number.isFinite(value)) throw new TypeError("not a number");
      return value;
    }
    case "yes_no":
      return typed === "true";
    case "json":
      return JSON.parse(typed) as unknown;
    default:
      return typed;
  }
}

/** Rows for the editor of fields; null: the schema says more than rows can. */
export function rowsOf(schema: Attributes | null): FieldRow[] | null {
  if (schema === null) return [];
  const rows = fieldsOf(schema, {}).map(({ name, kind, options, required }) => ({
    name,
    kind: kind as Kind,
    options: options.join(", "),
    required,
  }));
  const same = JSON.stringify(sorted(schemaOf(rows))) === JSON.stringify(sorted(schema));
  return same ? rows : null;
}

/** The schema that rows stand for. */
export function schemaOf(rows: readonly FieldRow[]): Attributes {
  const properties = Object.fromEntries(rows.map((row) => [row.name.trim(), ruleOf(row)]));
  const required = rows.filter((row) => row.required).map((row) => row.name.trim());
  return { type: "object", properties, ...(required.length > 0 && { required }) };
}

function ruleOf({ kind, options }: FieldRow): Attributes {
  switch (kind) {
    case "choice":
      return { enum: optionsOf(options) };
    case "date":
      return { type: "string", format: "date" };
    case "yes_no":
      return { type: "boolean" };
    case "text":
      return { type: "string" };
    default:
      return { type: kind };
  }
}

export const optionsOf = (options: string) => [
  ...new Set(
    options
      .split(",")
      .map((option) => option.trim())
      .filter(Boolean),
  ),
];

/** What is wrong with a row, if something is. */
export function rowFault(
  row: FieldRow,
  rows: readonly FieldRow[],
): "name" | "same_name" | "options" | null {
  const name = row.name.trim();
  if (name === "") return "name";
  if (rows.filter((other) => other.name.trim() === name).length > 1) return "same_name";
  return row.kind === "choice" && optionsOf(row.options).length === 0 ? "options" : null;
}

/** The same with the names of each object in order: the server keeps no other. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
}

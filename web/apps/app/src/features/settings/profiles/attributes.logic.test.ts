import { describe, expect, it } from "vitest";
import { fieldsOf, readValue, rowFault, rowsOf, schemaOf, shownValue } from "./attributes.logic";

const schema = {
  type: "object",
  required: ["department"],
  properties: {
    department: { enum: ["Sales", "Research"] },
    floor: { type: "integer", title: "Floor", description: "Counted from the street" },
    started: { type: "string", format: "date" },
    tags: { type: "array" },
  },
};

describe("fields", () => {
  it("come from the schema, and from what is there without it", () => {
    const fields = fieldsOf(schema, { floor: 3, lead: true, note: "x" });
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ["department", "choice"],
      ["floor", "integer"],
      ["started", "date"],
      ["tags", "json"],
      ["lead", "yes_no"],
      ["note", "text"],
    ]);
    expect(fields[0]).toMatchObject({ required: true, options: ["Sales", "Research"] });
    expect(fields[1]).toMatchObject({ label: "Floor", hint: "Counted from the street" });
  });

  it("are shown and read without loss", () => {
    const attributes = { department: "Sales", floor: 3, started: "2026-11-22", tags: ["a", 1] };
    for (const field of fieldsOf(schema, attributes)) {
      const value = attributes[field.name as keyof typeof attributes];
      expect(readValue(field, shownValue(field, value))).toEqual(value);
      expect(readValue(field, " ")).toBeUndefined();
    }
  });

  it("refuse what is no value of their kind", () => {
    const [, floor, , tags] = fieldsOf(schema, {});
    expect(() => readValue(floor!, "three")).toThrow();
    expect(() => readValue(tags!, "[1")).toThrow();
  });
});

describe("rows", () => {
  it("stand for a schema and come back from it, whatever the order of its names", () => {
    const rows = [
      { name: "Department", kind: "choice" as const, options: "Sales, Research", required: true },
      { name: "Floor", kind: "integer" as const, options: "", required: false },
      { name: "Started", kind: "date" as const, options: "", required: false },
    ];
    const made = schemaOf(rows);
    expect(rowsOf(made)).toEqual(rows);
    expect(
      rowsOf({ required: made.required, properties: made.properties, type: "object" }),
    ).toEqual(rows);
    expect(rowsOf(null)).toEqual([]);
  });

  it("give up on what they can't say", () => {
    expect(rowsOf(schema)).toBeNull();
    expect(rowsOf({ ...schemaOf([]), additionalProperties: false })).toBeNull();
  });

  it("say what is wrong", () => {
    const row = { name: "Floor", kind: "text" as const, options: "", required: false };
    expect(rowFault(row, [row])).toBeNull();
    expect(rowFault({ ...row, name: " " }, [])).toBe("name");
    expect(rowFault(row, [row, { ...row, name: "Floor " }])).toBe("same_name");
    expect(rowFault({ ...row, kind: "choice", options: " , " }, [])).toBe("options");
  });
});

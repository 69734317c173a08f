// @vitest-environment jsdom
import { act, type FormEvent } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import * as z from "zod/mini";
import { useForm, type Form } from "./use-form";

const schema = z.object({
  name: z.string().check(z.trim(), z.minLength(1, "empty"), z.maxLength(3, "long")),
  email: z.string().check(z.email("no address")),
});
type Values = z.infer<typeof schema>;

let form: Form<Values>;
const onSubmit = vi.fn<(values: Values) => Promise<void>>(() => Promise.resolve());
const host = document.createElement("div");
let root: ReturnType<typeof createRoot>;

function Fixture() {
  form = useForm<Values>({ schema, initial: { name: "", email: "" }, onSubmit });
  return (
    <form {...form.props}>
      <input {...form.field("name")} />
      <input {...form.field("email")} />
    </form>
  );
}

beforeEach(() => {
  vi.stubGlobal("IS_REACT_ACT_ENVIRONMENT", true);
  onSubmit.mockClear();
  document.body.append(host);
  root = createRoot(host);
  act(() => root.render(<Fixture />));
});
afterEach(() => act(() => root.unmount()));

const submit = () =>
  act(async () => form.props.onSubmit({ preventDefault: () => undefined } as FormEvent));
const type = (name: keyof Values, value: string) =>
  act(() =>
    form.field(name).onChange({ target: { value } } as React.ChangeEvent<HTMLInputElement>),
  );

test("what is wrong stays here, named beside its field, the first one focused", async () => {
  await submit();
  expect(form.errors).toEqual({ name: "empty", email: "no address" });
  expect((document.activeElement as HTMLInputElement).name).toBe("name");
  expect(onSubmit).not.toHaveBeenCalled();
});

test("a wrong field is checked again while it is mended, an untouched one isn't", async () => {
  await submit();
  type("name", "long one");
  expect(form.errors.name).toBe("long");
  type("name", "Ann");
  expect(form.errors).toEqual({ email: "no address" });
});

test("checked values are sent, cleaned as the schema says", async () => {
  type("name", " Ann ");
  type("email", "a@b.co");
  expect(form.dirty).toBe(true);
  await submit();
  expect(onSubmit).toHaveBeenCalledWith({ name: "Ann", email: "a@b.co" });
});

test("an error of the server shows until the field changes", async () => {
  type("name", "Ann");
  act(() => form.setError("name", "taken"));
  expect(form.errors.name).toBe("taken");
  type("name", "Bob");
  expect(form.errors.name).toBeUndefined();
});

import { useLingui } from "@lingui/react/macro";
import { Input } from "@parlance/ui";
import { Eye, EyeOff } from "lucide-react";
import { useState, type ComponentProps } from "react";

/** A password field that can be read. */
export function PasswordInput(props: Omit<ComponentProps<typeof Input>, "type">) {
  const { t } = useLingui();
  const [shown, setShown] = useState(false);
  return (
    <span className="relative block">
      <Input {...props} type={shown ? "text" : "password"} className="pe-11" spellCheck={false} />
      <button
        type="button"
        aria-label={shown ? t`Hide password` : t`Show password`}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
        className="absolute end-1 top-1/2 grid size-8 -translate-y-1/2 place-items-center rounded-md text-subtle hover:bg-hover hover:text-fg touch:end-0 touch:size-11"
      >
        {shown ? <EyeOff size={17} aria-hidden /> : <Eye size={17} aria-hidden />}
      </button>
    </span>
  );
}

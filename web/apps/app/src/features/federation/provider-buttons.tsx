import { Trans } from "@lingui/react/macro";
import { Button, Notice } from "@parlance/ui";
import { useMutation } from "@tanstack/react-query";
import { safeNext } from "@/features/session/next.logic";
import { errorMessage } from "@/lib/errors";
import { goTo } from "./go";
import { ProviderMark, providerName } from "./names";

/** “Continue with …”, one for each provider of this installation. */
export default function ProviderButtons({
  providers,
  next,
}: {
  providers: readonly string[];
  next: string | undefined;
}) {
  const go = useMutation({ mutationFn: (provider: string) => goTo(provider, safeNext(next)) });
  return (
    <div className="mb-6 space-y-3">
      {go.error && <Notice tone="danger">{errorMessage(go.error)}</Notice>}
      {providers.map((provider) => {
        const name = providerName(provider);
        return (
          <Button
            key={provider}
            size="lg"
            className="w-full"
            pending={go.isPending && go.variables === provider}
            disabled={go.isPending}
            onClick={() => go.mutate(provider)}
          >
            <ProviderMark provider={provider} />
            <Trans>Continue with {name}</Trans>
          </Button>
        );
      })}
      <div className="flex items-center gap-3 pt-3 text-xs text-subtle">
        <span className="h-px flex-1 bg-line" />
        <Trans>or with your password</Trans>
        <span className="h-px flex-1 bg-line" />
      </div>
    </div>
  );
}

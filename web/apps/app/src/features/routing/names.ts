/** What providers are called. */
import { useQuery } from "@tanstack/react-query";
import { everyModel, type Model } from "@/features/models/queries";

/** Those that a workspace can bring a key for. `deploys`: its models are the workspace's own. */
export const PROVIDERS = [
  { id: "openai", name: "OpenAI", deploys: false, needsUrl: false },
  { id: "anthropic", name: "Anthropic", deploys: false, needsUrl: false },
  { id: "gemini", name: "Google Gemini", deploys: false, needsUrl: false },
  { id: "groq", name: "Groq", deploys: false, needsUrl: false },
  { id: "mistral", name: "Mistral", deploys: false, needsUrl: false },
  { id: "deepseek", name: "DeepSeek", deploys: false, needsUrl: false },
  { id: "xai", name: "xAI", deploys: false, needsUrl: false },
  { id: "cerebras", name: "Cerebras", deploys: false, needsUrl: false },
  { id: "cohere", name: "Cohere", deploys: false, needsUrl: false },
  { id: "perplexity", name: "Perplexity", deploys: false, needsUrl: false },
  { id: "openrouter", name: "OpenRouter", deploys: false, needsUrl: false },
  { id: "azure", name: "Azure OpenAI", deploys: true, needsUrl: true },
  { id: "compatible", name: "OpenAI-compatible", deploys: true, needsUrl: true },
] as const;

export function providerName(id: string, models: readonly Model[] | undefined): string {
  return (
    PROVIDERS.find((provider) => provider.id === id)?.name ??
    models?.find((model) => model.provider.id === id)?.provider.name ??
    id
  );
}

export function useProviderName(): (id: string) => string {
  const models = useQuery(everyModel).data;
  return (id) => providerName(id, models);
}

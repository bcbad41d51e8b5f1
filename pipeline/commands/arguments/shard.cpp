#include "pipeline/commands/arguments/shard.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"

namespace actionflow {

namespace {

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> environment(const char* name) {
  const char* text = std::getenv(name);
  return text ? number(text) : std::nullopt;
}

std::optional<Shard> of_job_array() {
  const auto task = environment("SLURM_ARRAY_TASK_ID");
  const auto tasks = environment("SLURM_ARRAY_TASK_COUNT");
  if (task && tasks && *tasks > 0) {
    const std::uint64_t first = environment("SLURM_ARRAY_TASK_MIN").value_or(0);
    if (*task >= first && *task - first < *tasks) return Shard{*task - first, *tasks};
  }
  const auto index = environment("JOB_COMPLETION_INDEX");
  const auto completions = environment("JOB_COMPLETIONS");
  if (index && completions && *index < *completions) return Shard{*index, *completions};
  return std::nullopt;
}

// "auto/n": how many there are is said, which one this is is the scheduler's to say.
Shard of_job_array(std::uint64_t count) {
  auto index = environment("SLURM_ARRAY_TASK_ID");
  if (!index) index = environment("JOB_COMPLETION_INDEX");
  if (index && *index <= count) return {*index % count, count};
  throw UsageError(
      fmt::format("--shard auto/{}: expected SLURM_ARRAY_TASK_ID or JOB_COMPLETION_INDEX in the environment, "
                  "from 0 to {}",
                  count, count));
}

}  // namespace

// FNV-1a's low bits alone depend on the name's low bits alone.
bool Shard::holds(std::string_view name) const {
  const std::uint64_t hashed = fnv1a(name);
  return (hashed ^ (hashed >> 32)) % count == index;
}

Shard read_shard(const std::string& text) {
  if (text == "auto") {
    if (const auto shard = of_job_array()) return *shard;
    throw UsageError(
        "--shard auto: no job array is named in the environment, expected SLURM_ARRAY_TASK_ID and "
        "SLURM_ARRAY_TASK_COUNT in steps of 1, or JOB_COMPLETION_INDEX and JOB_COMPLETIONS; for auto/n the "
        "first of either is enough");
  }
  const std::size_t slash = text.find('/');
  const auto index = number(std::string_view(text).substr(0, slash));
  const auto count =
      slash == std::string::npos ? std::nullopt : number(std::string_view(text).substr(slash + 1));
  const std::uint64_t shares = count ? *count : 0;
  if (text.starts_with("auto/") && shares > 0) return of_job_array(shares);
  if (!index || shares == 0 || *index > shares)
    throw UsageError(fmt::format("--shard {}: expected i/n, the share i of n, or auto or auto/n", text));
  return {*index % shares, shares};
}

}  // namespace actionflow

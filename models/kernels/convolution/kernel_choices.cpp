#include "models/kernels/convolution/kernel_choices.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/files/atomic_file.h"
#include "base/hash.h"
#include "base/text/json_text.h"
#include "models/kernels/convolution/convolution.h"

namespace actionflow::kernels {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "actionflow_kernels";
constexpr int kVersion = 1;
constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 26U;

bool is_candidate(const std::string& name) {
  const auto candidates = convolution_candidates();
  return std::any_of(candidates.begin(), candidates.end(),
                     [&](const auto& candidate) { return candidate.name == name; });
}

class ChoicesReader {
 public:
  explicit ChoicesReader(std::string file) : file_(std::move(file)) {}

  KernelChoices read(const std::string& text) const {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object() || !json.contains(kFormat))
      fail("is no file of kernels; expected one that `actionflow inspect --plan --tune` has written");
    if (json[kFormat] != kVersion)
      fail("is of another version, expected 1; remove it, and `inspect --plan --tune` writes it anew");
    KernelChoices result;
    if (const auto on = json.find("measured_on"); on != json.end() && on->is_string())
      result.measured_on = *on;
    const auto choices = json.find("choices");
    if (choices == json.end() || !choices->is_object()) fail("has no map of choices");
    for (const auto& [key, choice] : choices->items()) result.choices[key] = read(key, choice);
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const { throw ModelError(file_ + " " + what); }
  [[noreturn]] void fail(const std::string& key, const std::string& what) const {
    fail("at '" + key + "': " + what);
  }

  KernelChoice read(const std::string& key, const Json& json) const {
    KernelChoice choice;
    const auto taken = json.is_object() ? json.find("taken") : json.end();
    if (!json.is_object() || taken == json.end() || !taken->is_string())
      fail(key, "expected what is taken, the name of a kernel");
    choice.taken = *taken;
    if (!is_candidate(choice.taken))
      fail(key, "this version has no kernel '" + choice.taken + "', expected one of " +
                    fmt::format("{}", fmt::join(names_of(convolution_candidates()), ", ")));
    const auto measured = json.find("measured");
    if (measured == json.end() || !measured->is_object()) return choice;
    for (const auto& [name, figures] : measured->items()) {
      if (!figures.is_array() || figures.size() != 2 || !figures[0].is_number() || !figures[1].is_number())
        fail(key, "expected milliseconds and error of '" + name + "'");
      choice.measured.push_back({name, figures[0], figures[1]});
    }
    return choice;
  }

  std::string file_;
};

double rounded(double value) { return std::stod(fmt::format("{:.4g}", value)); }

Json json_of(const KernelChoice& choice) {
  Json measured = Json::object();
  for (const MeasuredCandidate& one : choice.measured)
    measured[one.name] = {rounded(one.milliseconds), rounded(one.error)};
  return {{"taken", choice.taken}, {"measured", std::move(measured)}};
}

}  // namespace

KernelChoices KernelChoices::read(const std::filesystem::path& file) {
  std::error_code error;
  if (std::filesystem::exists(file, error) && !std::filesystem::is_regular_file(file, error))
    throw ModelError(file.string() + " is no file, expected one of kernels");
  if (const auto bytes = std::filesystem::file_size(file, error); !error && bytes > kMostBytes)
    throw ModelError(fmt::format("{} is no file of kernels: it has {} bytes", file.string(), bytes));
  std::ifstream in(file, std::ios::binary);
  if (!in) throw ModelError("cannot open " + file.string() + ", expected a file of kernels");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return ChoicesReader(file.string()).read(text);
}

void KernelChoices::write(const std::filesystem::path& file) const {
  Json json{{kFormat, kVersion}, {"measured_on", measured_on}, {"choices", Json::object()}};
  for (const auto& [key, choice] : choices) json["choices"][key] = json_of(choice);
  std::error_code error;
  if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), error);
  if (error)
    throw Error(ExitCode::failure,
                fmt::format("{} cannot be made: {}", file.parent_path().string(), error.message()));
  AtomicFile out(file);
  out.write(json_text(json, 1) + "\n");
  out.commit();
}

std::string KernelChoices::digest() const {
  std::uint64_t hashed = kFnvStart;
  for (const auto& [key, choice] : choices) hashed = fnv1a(key + "\n" + choice.taken + "\n", hashed);
  return fmt::format("{:08x}", hashed & 0xFFFFFFFF);
}

const KernelChoice* KernelChoices::choose(const ConvolutionProblem& problem) const {
  return find(choice_key(problem.operation, problem.in, problem.out));
}

const KernelChoice* KernelChoices::find(const std::string& key) const {
  const auto found = choices.find(key);
  return found == choices.end() ? nullptr : &found->second;
}

}  // namespace actionflow::kernels

// The synthetic action dataset: videos of drawn people, a class list, and a frame list for each split.
//
// Every film stands in it twice, once run forwards under its action and once backwards under the partner, so
// that both have the same pictures. Splits share no film, no figure and no background. The same options give
// the same files, whatever the number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "datasets/source.h"
#include "datasets/synthetic/clip.h"

namespace actionflow {

struct SyntheticOptions {
  std::uint32_t clips = 1000;
  std::uint64_t seed = 1;
  int threads = 0;  // 0: one a processor
};

enum class SyntheticSplit { train, val, test };

struct SyntheticClip {
  ClipPlan plan;
  SyntheticSplit split = SyntheticSplit::train;
  std::string path;  // in the dataset's folder; names action, figure, background and clip
};

// 70 % for training, 15 % each for validation and test, at least one film each; classes are balanced in
// each. Requires kLeastClips; below six clips, and for the last of an odd number, films stand in it once.
inline constexpr std::uint32_t kLeastClips = 3;
std::vector<SyntheticClip> plan_synthetic(const SyntheticOptions& options);

// Writes `folder`, which is made where need be and must be empty: throws UsageError where it is not, or where
// `options` do not do, and Error that names the path where writing fails. Returns false when `stop` was set.
// Where it throws or returns false, what it wrote is taken away again. `written` is called after each clip,
// from any thread.
bool write_synthetic(const std::filesystem::path& folder, const SyntheticOptions& options,
                     const StopFlag& stop, const std::function<void()>& written);

}  // namespace actionflow

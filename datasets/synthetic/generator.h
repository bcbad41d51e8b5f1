// A synthetic dataset: drawn videos of a scene's movements, a class list, and a list for each split: clips of
// one movement each, or streams of many with idle time and movements of no class, and lists with times.
//
// A film of clips of a scene that goes both ways stands in it twice, once run forwards under its movement and
// once backwards under the partner, so that both have the same pictures. Splits share no film, no figure and
// no background. The same options give the same files, whatever the number of threads.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "datasets/synthetic/scene.h"
#include "datasets/video/readers/reader.h"

namespace actionflow {

struct SyntheticOptions {
  std::uint32_t clips = 1000;
  std::optional<std::uint32_t> others = {};  // clips of no class beside them; none: these are some of `clips`
  std::uint32_t streams = 0;                 // in place of clips
  double minutes = 1;                        // of each stream
  std::uint64_t seed = 1;
  int threads = 0;  // 0: one a processor
  const Scene* scene = &scenes().front();
};

enum class SyntheticSplit { train, val, test };

struct SyntheticVideo {
  ClipPlan plan;
  SyntheticSplit split = SyntheticSplit::train;
  bool labelled = true;  // false: a clip that shows none of the classes
  std::string path;      // in the dataset's folder; names movement, figure, background and number

  // The list that it stands in: its split's, or other.txt (training) and unknown.txt (held out).
  const char* list() const;
};

// Clips: one for each split; of a scene with movements of no class enough for one of them in each list of
// such.
std::uint32_t least_clips(const Scene& scene);

// 70 % for training, 15 % each for validation and test, at least one film each; movements are balanced in
// each. Requires least_clips(), or three streams; below six clips, and for the last of an odd number, films
// stand in it once.
std::vector<SyntheticVideo> plan_synthetic(const SyntheticOptions& options);

// Writes `folder`, which is made where need be and must be empty: throws UsageError where it is not, or where
// `options` do not do, and Error that names the path where writing fails. Returns false when `stop` was set.
// Where it throws or returns false, what it wrote is taken away again. `written` is called after each video,
// from any thread.
bool write_synthetic(const std::filesystem::path& folder, const SyntheticOptions& options,
                     const StopFlag& stop, const std::function<void()>& written);

}  // namespace actionflow

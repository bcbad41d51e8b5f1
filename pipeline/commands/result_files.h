// The files that `--output` names: what stands in them is passed over, the rest of the results goes there.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "nodes/outputs/output_file.h"
#include "pipeline/graph/description.h"

namespace actionflow {

// Whether one of the files that `--output` names is about videos that end: a folder, captions or a page.
bool is_of_recordings(const std::vector<std::string>& files);

class ResultFiles {
 public:
  // `several`: streams, those that are done too. Throws UsageError.
  ResultFiles(const std::vector<std::string>& files, bool several);

  // Whether all of the files have all of a stream; empty without files. A folder that runs share has it where
  // it was read from the same.
  std::function<bool(const StreamDescription&)> done() const;
  // Whether this run is to read a stream that is not done: of a folder that runs share, one that no other
  // reads. Empty without such a folder.
  std::function<bool(const std::string&)> take() const;
  // A sink that hands results to `shown` and to the files. Says how many streams are passed over. Throws
  // UsageError where the run has another use for a file, or a folder that runs share was made by others.
  std::shared_ptr<ResultSink> open(const PipelineDescription& description, const PipelineOverrides& overrides,
                                   std::shared_ptr<ResultSink> shown) const;

 private:
  std::vector<OutputFile> files_;
};

}  // namespace actionflow

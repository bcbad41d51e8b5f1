// An input that FFmpeg has open: with its source policy applied and its streams known.
#pragma once

#include <memory>
#include <string>

#include "datasets/video/descriptor_input.h"
#include "datasets/video/ffmpeg.h"
#include "datasets/video/io_deadline.h"
#include "datasets/video/source.h"
#include "datasets/video/source_policy.h"

namespace actionflow {

// Members are destroyed from the last to the first: the context goes before what it reads from.
struct Input {
  Interrupt interrupt;
  std::unique_ptr<DescriptorInput> file;
  UniqueOpenedUrl url;
  UniqueFormatInput context;
};

// Opens the source into `input` and finds its streams. Blocks until done or until input.interrupt
// fires. Throws SourceError.
void open_input(const SourceOptions& options, SourceKind kind, Input& input);

}  // namespace actionflow

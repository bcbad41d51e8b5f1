// An input that FFmpeg has open: with its source policy applied and its streams known.
#pragma once

#include <memory>
#include <string>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/opening/descriptor_input.h"
#include "datasets/video/opening/io_deadline.h"
#include "datasets/video/opening/remote_input.h"
#include "datasets/video/opening/replayed_input.h"
#include "datasets/video/source_options.h"
#include "datasets/video/source_policy.h"

namespace actionflow {

// Members are destroyed from the last to the first: the context goes before what it reads from.
struct Input {
  explicit Input(const Clock& clock) : deadline(clock) {}
  // What FFmpeg closes may ask for the deadline when the context is gone.
  ~Input() { deadline.watch(static_cast<AVFormatContext*>(nullptr)); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  // Of the bytes below the container.
  bool read_failed() const { return (file && file->read_error() != 0) || (remote && remote->failed()); }

  IoDeadline deadline;
  std::unique_ptr<DescriptorInput> file;
  std::unique_ptr<RemoteInput> remote;
  UniqueOpenedUrl url;
  std::unique_ptr<ReplayedInput> replayed;
  UniqueFormatInput context;
};

// Opens the source into `input` and finds its streams. A file on a server is read through `input.remote`,
// where that is there already; a network source otherwise as its bytes come. Blocks until done or until
// input.deadline fires. Throws SourceError.
void open_input(const SourceOptions& options, SourceKind kind, Input& input);

}  // namespace actionflow

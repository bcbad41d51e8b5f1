// The bytes of a pipe or a connection, of which those that came first can be read twice: once to find out
// what they are, while they arrive, and once by the demuxer.
//
// FFmpeg's own probing waits until a buffer is full, which takes a slow camera longer than anybody waits.
// Belongs to one thread, except for destruction.
#pragma once

#include <cstdint>
#include <vector>

#include "datasets/video/ffmpeg.h"
#include "datasets/video/opening/io_deadline.h"

namespace actionflow {

class ReplayedInput {
 public:
  // Both must outlive this object. Each arrival of bytes is told to the deadline.
  ReplayedInput(AVIOContext& inner, IoDeadline& deadline);
  ReplayedInput(const ReplayedInput&) = delete;
  ReplayedInput& operator=(const ReplayedInput&) = delete;

  // The format as soon as the bytes leave no doubt: of a JPEG picture not before its end, since a second one
  // makes it a video. `score` is FFmpeg's. nullptr where they end, fail or reach a mebibyte (of a picture 64)
  // before. `name` may give a hint by its suffix.
  const AVInputFormat* probe(const char* name, int& score);
  // What probe() has looked at.
  const std::vector<std::uint8_t>& seen() const { return seen_; }
  // For the demuxer, from the first byte on; seeks as far as the inner one does.
  AVIOContext& io() { return *io_; }

 private:
  int read(std::uint8_t* bytes, int size);
  int read_arriving(std::uint8_t* bytes, int size);
  bool see_more();
  std::int64_t seek(std::int64_t offset, int whence);

  AVIOContext& inner_;
  IoDeadline& deadline_;
  std::vector<std::uint8_t> seen_;
  std::int64_t position_ = 0;  // of the next byte that io() reads
  UniqueOwnIo io_;
  bool keeps_all_ = false;  // of a small file, so that what stands at its end is found and gone back from
};

}  // namespace actionflow

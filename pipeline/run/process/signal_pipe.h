// Signals that a thread waits for, as bytes in a pipe.
#pragma once

#include <initializer_list>
#include <vector>

namespace actionflow {

// Takes the given signals from its making to its end; then they do again what they do by default. A signal
// that was ignored before stays ignored. No signal is taken by two of them at a time.
class SignalPipe {
 public:
  explicit SignalPipe(std::initializer_list<int> signals);
  ~SignalPipe();
  SignalPipe(const SignalPipe&) = delete;
  SignalPipe& operator=(const SignalPipe&) = delete;

  static constexpr int kClosed = 0;
  // The next signal's number, or kClosed, which comes after close(). Blocks.
  int read();
  // Readable when read() does not block.
  int descriptor() const { return ends_[0]; }
  void close();
  // From now on the signals do what they do by default.
  void let_go();

 private:
  std::vector<int> signals_;
  int ends_[2] = {-1, -1};
};

}  // namespace actionflow

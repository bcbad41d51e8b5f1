# Cross-compiles for 64-bit ARM with Debian's g++-aarch64-linux-gnu against a folder that holds the arm64 packages,
# named by the environment variable ACTIONFLOW_SYSROOT. `./run test --all` makes one and passes the kernels' and
# networks' tests under qemu-user.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(CMAKE_SYSROOT $ENV{ACTIONFLOW_SYSROOT})
set(libraries ${CMAKE_SYSROOT}/usr/lib/aarch64-linux-gnu)
# BLAS and LAPACK, which OpenCV links, stand in folders among which Debian chooses when it installs them.
set(CMAKE_EXE_LINKER_FLAGS_INIT "-Wl,-rpath-link,${libraries}/blas:${libraries}/lapack")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${CMAKE_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/pkgconfig:${CMAKE_SYSROOT}/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static;-L;${CMAKE_SYSROOT};-E;LD_LIBRARY_PATH=${libraries}/blas:${libraries}/lapack)

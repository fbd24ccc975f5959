// -r --define-common is -r -d.
//# args: -r --define-common
//# shows: --define-common
//# check: size(.bss) >= 8
    .comm shared, 8, 8

//  Web.swift · Web
